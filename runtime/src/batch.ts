import type { BatchOptions, Client, QueryConfig, QueryResult } from "./statement.ts";

/** Runs all of them at once, and reads each result in its place; what cannot be read is a rejection there. */
export async function batch<T>(
  client: Client,
  configs: readonly QueryConfig[],
  read: (result: QueryResult) => T,
  options?: BatchOptions,
): Promise<PromiseSettledResult<T>[]> {
  const settled = await client.batch(configs, options);
  return settled.map((one) => {
    if (one.status === "rejected") return one;
    try {
      return { status: "fulfilled", value: read(one.value) };
    } catch (reason) {
      return { status: "rejected", reason };
    }
  });
}
