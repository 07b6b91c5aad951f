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
  if (!isOfKind(await sessionOf(client), wanted)) throw new WrongSession(wanted);
}

/**
 * Calls `tell` when the server has said something new of what decides the kind of a session: a standby was promoted, or a server
 * takes no writes any more. Servers before PostgreSQL 14 say nothing.
 */
export function watchSession(
  client: PooledClient,
  wanted: TargetSessionAttrs,
  tell: (isWanted: boolean) => void,
): void {
  if (wanted === "any") return;
  client.connection.on("parameterStatus", () => {
    const session = reportedSession(client);
    if (session !== undefined) tell(isOfKind(session, wanted));
  });
}

interface Session {
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
}

function isOfKind({ isStandby, isReadOnly }: Session, wanted: Exclude<TargetSessionAttrs, "any">): boolean {
  return {
    "read-write": !isStandby && !isReadOnly,
    "read-only": isStandby || isReadOnly,
    primary: !isStandby,
    standby: isStandby,
    "prefer-standby": isStandby,
  }[wanted];
}

/** From PostgreSQL 14 on the server tells it without being asked. */
function reportedSession({ parameters }: PooledClient): Session | undefined {
  const standby = parameters.get("in_hot_standby");
  const readOnly = parameters.get("default_transaction_read_only");
  if (standby === undefined || readOnly === undefined) return undefined;
  return { isStandby: standby === "on", isReadOnly: readOnly === "on" };
}

async function sessionOf(client: PooledClient): Promise<Session> {
  const reported = reportedSession(client);
  if (reported !== undefined) return reported;
  const { rows } = await client.query<[boolean, boolean]>({
    text: "select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only') = 'on'",
    rowMode: "array",
  });
  const [isStandby, isReadOnly] = rows[0]!;
  return { isStandby, isReadOnly };
}
