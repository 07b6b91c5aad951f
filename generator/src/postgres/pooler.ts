import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { askInTime } from "./time-limits.ts";

/** How often it is looked: a busy pool may hand back the same session by chance. */
const LOOKS = 3;

/** Tells whether a pooler gives the transactions of this connection to sessions that others use as well, so that nothing that is set for a session holds. */
export async function isShared(client: Client, uri: string): Promise<boolean> {
  const [own] = await askInTime<{ pid: number }>(client, "select pg_backend_pid() as pid");
  // A pooler makes numbers of its own.
  if ((client as unknown as { processID: number }).processID === own?.pid) return false;
  const mark = randomBytes(6).toString("hex");
  const markOf = async (session: Client): Promise<unknown> =>
    (await askInTime(session, "select current_setting('solitude.session', true) as mark"))[0]?.mark;
  await askInTime(client, `set solitude.session = '${mark}'`);
  const { default: pg } = await import("pg");
  const other = new pg.Client({ connectionString: uri });
  other.on("error", () => {});
  try {
    await other.connect();
    for (let look = 0; look < LOOKS; look++) {
      // It keeps a session busy, so that the next question goes to another one.
      await askInTime(other, "begin");
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
