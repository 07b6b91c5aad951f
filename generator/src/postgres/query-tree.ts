import type { Engine } from "./engine.ts";
import type { Query } from "./tree/node-types.ts";
import { readQueries } from "./tree/read-tree.ts";

/** `FUNC_MAX_ARGS`: PostgreSQL's own limit for a function's arguments. */
const MAX_ARGUMENTS = 100;

export interface QueryTree {
  readonly text: string;
  /** The analysed `Query`. */
  readonly query: Query;
  /** Whether its locations are offsets in the statement's own text. */
  readonly hasOwnText: boolean;
}

/**
 * Reads the analysed tree that PostgreSQL printed of a statement; null for what is none.
 * @param version as `Engine.version`
 */
export function readQueryTree(text: string, version: number, hasOwnText = true): QueryTree | null {
  const [query] = readQueries(text, version);
  return query ? { text, query, hasOwnText } : null;
}

/**
 * Asks PostgreSQL for its analysed tree of the statement, by making it the body of a function that never comes to be.
 * @param display the parameters' types as `format_type` prints them, by number from 1
 * @returns null for what has no tree (a utility statement)
 * @throws PostgresError where PostgreSQL refuses the statement inside of a function
 */
export async function queryTree(
  engine: Engine,
  sql: string,
  display: readonly string[],
): Promise<QueryTree | null> {
  const types = display.slice(0, MAX_ARGUMENTS);
  // The rest of them is shown as NULL of its type, which claims nothing.
  const body =
    display.length <= MAX_ARGUMENTS
      ? sql
      : replaceParameters(sql, (n) => (n > MAX_ARGUMENTS ? `(null::${display[n - 1]})` : `$${n}`));
  const rows = await engine.attempt(
    `create function pg_temp.solitude_query(${types.join(", ")}) returns void begin atomic ${body}\n; end;
     select prosqlbody::text as tree from pg_proc where proname = 'solitude_query' and pronamespace = pg_my_temp_schema()`,
  );
  const text = rows[0]?.tree;
  return typeof text === "string" ? readQueryTree(text, engine.version, false) : null;
}

/** Good enough where it is used: a `$101` inside of a string would have to be in a query with more than a hundred parameters. */
function replaceParameters(sql: string, write: (number: number) => string): string {
  return sql.replace(/\$(\d+)\b/g, (_, n: string) => write(Number(n)));
}
