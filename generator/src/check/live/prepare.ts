import type { Query } from "../../model/query.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";

/** For the session alone: a query is judged without its arguments, and waits for nobody who holds a lock. */
const SETTINGS =
  "set plan_cache_mode = force_generic_plan; set lock_timeout = '5s'; set statement_timeout = '30s'";

const NAME = "solitude_query";

/**
 * Has the server prepare and plan each query, as its client sends it; none is executed.
 * @returns what the server says against each, in the order of the queries; null for those that it takes
 */
export async function prepareAll(
  engine: Engine,
  queries: readonly Query[],
): Promise<(PostgresError | null)[]> {
  await engine.run(SETTINGS);
  const refusals: (PostgresError | null)[] = [];
  for (const query of queries) refusals.push(await refusalOf(engine, query));
  return refusals;
}

async function refusalOf(engine: Engine, { statement, sql }: Query): Promise<PostgresError | null> {
  // Such statements can only be run.
  if (statement === "utility") return null;
  try {
    // An error of the whole's has its place there.
    for (const text of new Set([sql.text, ...sql.variants.map((one) => one.text)])) {
      const { params } = await engine.describe(text);
      await engine.run(`deallocate all; prepare ${NAME} as ${text}`);
      const args = params.length === 0 ? "" : `(${params.map(() => "null").join(", ")})`;
      // Some refusals come with the plan, such as that of an ON CONFLICT whose index is gone, or of a missing right.
      await engine.run(`explain execute ${NAME}${args}`);
    }
    return null;
  } catch (error) {
    if (error instanceof PostgresError) return error;
    throw error;
  }
}
