import type { Client, QueryResultRow } from "pg";
import { quoteLiteral } from "../sql/quoting.ts";

// A role, or the server's configuration, limits what an application's sessions may take. What is done here takes longer, and none of it is the application's.

const OF_STATEMENTS = ["statement_timeout", "lock_timeout", "transaction_timeout"];
const LIMITS = [...OF_STATEMENTS, "idle_in_transaction_session_timeout", "idle_session_timeout"];

/** How often a question is asked that is cancelled each time: a limit of a millisecond is less than what a busy machine takes for any. */
const ATTEMPTS = 100;

/** Asks a question that is short, in a session that has its role's time limits yet, and again where one of them was shorter. */
export async function askInTime<R extends QueryResultRow>(client: Client, sql: string): Promise<R[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await client.query<R>(sql)).rows;
    } catch (error) {
      if ((error as { code?: string }).code !== QUERY_CANCELED || attempt === ATTEMPTS) throw error;
    }
  }
}

const QUERY_CANCELED = "57014";

/** Frees a session from its time limits. @returns SQL by which its statements have again those that they had */
export async function freeSession(client: Client): Promise<string> {
  // The first question already has a limit, and what reads all of them takes its time.
  const first = await askInTime<{ statement_timeout: string }>(client, "show statement_timeout");
  await askInTime(client, "set statement_timeout = 0");
  const { rows } = await client.query<{ name: string; setting: string }>(
    // Which of them there are depends on the version.
    "select name, current_setting(name) as setting from pg_settings where name = any($1)",
    [LIMITS],
  );
  for (const { name } of rows) await client.query(`set ${name} = 0`);
  const had = new Map(rows.map(({ name, setting }) => [name, setting]));
  had.set("statement_timeout", first[0]?.statement_timeout ?? "0");
  return OF_STATEMENTS.flatMap((name) => {
    const setting = had.get(name);
    return setting === undefined ? [] : [`set ${name} = ${quoteLiteral(setting)}`];
  }).join("; ");
}

/** Frees all sessions that this role opens in a database of ours, also where they reset what they have set; and has each end soon after its process. */
export async function freeSessionsIn(client: Client, database: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>("select name from pg_settings where name = any($1)", [
    LIMITS,
  ]);
  const all = [...rows.map(({ name }) => `${name} = 0`), "client_connection_check_interval = '1s'"];
  // Who may not say so for this role has the limits; and not every system can tell that the other end has gone.
  for (const one of all)
    await client.query(`alter role session_user in database ${database} set ${one}`).catch(() => {});
}
