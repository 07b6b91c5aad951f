import type { Param, Query } from "../../model/query.ts";
import type { Engine } from "../../postgres/engine.ts";

/** Stand-ins for the arguments, by type: what sqlc binds when it explains a query for its rules. */
const VALUES: Readonly<Record<string, string>> = {
  boolean: "false",
  "double precision": "0.1",
  real: "0.1",
  json: "'{}'",
  jsonb: "'{}'",
  citext: "''",
  text: "''",
  "character varying": "''",
  bigint: "1",
  integer: "1",
  smallint: "1",
  date: "'0001-01-01'",
  "time without time zone": "'00:00'",
  "timestamp without time zone": "'0001-01-01'",
  "timestamp with time zone": "'0001-01-01Z'",
  uuid: "'00000000-0000-0000-0000-000000000000'",
  numeric: "0.1",
  inet: "'192.168.0.1/24'",
  cidr: "'192.168.1.0/24'",
};

/** `EXPLAIN (VERBOSE, SETTINGS, BUFFERS, FORMAT JSON)` of the query with stand-ins for its arguments. @throws PostgresError */
export async function explain(engine: Pick<Engine, "run">, query: Query): Promise<object> {
  const types = query.params.map((param) => param.display);
  const head = types.length > 0 ? `(${types.join(", ")})` : "";
  const args = query.params.length > 0 ? `(${query.params.map(standIn).join(", ")})` : "";
  try {
    const rows = await engine.run(
      `begin; set local plan_cache_mode = force_custom_plan; prepare solitude_vet${head} as ${query.sql.text}\n;
       explain (verbose, settings, buffers, format json) execute solitude_vet${args}; rollback`,
    );
    const shown = rows[0]?.["QUERY PLAN"];
    const plans = (typeof shown === "string" ? JSON.parse(shown) : shown) as object[];
    return plans[0]!;
  } finally {
    await engine.run("rollback; deallocate all");
  }
}

function standIn({ display }: Param): string {
  if (display.endsWith("[]")) return `'{}'::${display}`;
  const value = VALUES[display.replace(/\(.*?\)/, "")];
  return value === undefined ? "null" : `${value}::${display}`;
}
