import { randomBytes } from "node:crypto";
import type { Client } from "pg";

/** How often it is looked: a busy pool may hand back the same session by chance. */
const LOOKS = 3;

/** Tells whether a pooler gives the transactions of this connection to sessions that others use as well, so that nothing that is set for a session holds. */
export async function isShared(client: Client, uri: string): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  // A pooler makes numbers of its own.
  if ((client as unknown as { processID: number }).processID === rows[0]?.pid) return false;
  const mark = randomBytes(6).toString("hex");
  const markOf = async (session: Client): Promise<unknown> =>
    (await session.query("select current_setting('solitude.session', true) as mark")).rows[0]?.mark;
  await client.query(`set solitude.session = '${mark}'`);
  const { default: pg } = await import("pg");
  const other = new pg.Client({ connectionString: uri });
  other.on("error", () => {});
  try {
    await other.connect();
    for (let look = 0; look < LOOKS; look++) {
      // It keeps a session busy, so that the next question goes to another one.
      await other.query("begin");
      if ((await markOf(other)) === mark || (await markOf(client)) !== mark) return true;
      await other.query("rollback");
    }
    return false;
  } catch (error) {
    // Where each statement has another session, there are no transactions.
    if (/pooling mode/.test(String(error))) return true;
    throw error;
  } finally {
    await other.end().catch(() => {});
    await client.query("reset solitude.session").catch(() => {});
  }
}
