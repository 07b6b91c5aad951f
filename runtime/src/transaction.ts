import type { Pool, PoolClient } from "pg";
import { TransactionRolledBackError } from "./errors/errors.ts";

/**
 * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects.
 * The connection goes back to the pool only when it is out of the transaction; otherwise it is closed.
 * @throws what `work` throws, or TransactionRolledBackError where the server could not commit
 */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A checked-out client has no listener of the pool's; without one a lost connection ends the process.
  let lost: Error | undefined;
  const onError = (error: Error) => {
    lost = error;
  };
  client.on("error", onError);
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work(client);
    const { command } = await client.query("commit");
    if (command === "ROLLBACK")
      throw new TransactionRolledBackError("the transaction was rolled back by the server");
    return result;
  } catch (error) {
    await client.query("rollback").catch((failed: Error) => {
      broken = failed;
    });
    throw error;
  } finally {
    client.off("error", onError);
    client.release(lost ?? broken);
  }
}
