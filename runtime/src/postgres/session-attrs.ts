import type { TargetSessionAttrs } from "../config/target-session-attrs.ts";
import type { PooledClient } from "./pooled-client.ts";

/** What the wanted kind of session is not. */
export class WrongSession extends Error {
  constructor(wanted: TargetSessionAttrs) {
    super(`the server is not ${wanted}`);
  }
}

/** @throws WrongSession where a session that has just been opened is not of that kind */
export async function checkSession(client: PooledClient, wanted: TargetSessionAttrs): Promise<void> {
  if (wanted === "any") return;
  const { isStandby, isReadOnly } = await sessionOf(client);
  const isWanted = {
    "read-write": !isStandby && !isReadOnly,
    "read-only": isStandby || isReadOnly,
    primary: !isStandby,
    standby: isStandby,
    "prefer-standby": isStandby,
  }[wanted];
  if (!isWanted) throw new WrongSession(wanted);
}

/** From PostgreSQL 14 on the server tells it without being asked. */
async function sessionOf(client: PooledClient): Promise<{ isStandby: boolean; isReadOnly: boolean }> {
  const standby = client.parameters.get("in_hot_standby");
  const readOnly = client.parameters.get("default_transaction_read_only");
  if (standby !== undefined && readOnly !== undefined)
    return { isStandby: standby === "on", isReadOnly: readOnly === "on" };
  const { rows } = await client.query<[boolean, boolean]>({
    text: "select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only') = 'on'",
    rowMode: "array",
  });
  const [isStandby, isReadOnly] = rows[0]!;
  return { isStandby, isReadOnly };
}
