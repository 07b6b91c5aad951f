import { whatMayFail } from "../../src/infer/failing-expressions.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { queryTree } from "../../src/postgres/query-tree.ts";
import type { Expression, FuncExpr } from "../../src/postgres/tree/node-types.ts";
import { catalogReader } from "../catalog-reader.ts";

// What is said to have a value for every row is evaluated for each row that is stored: an INSERT that it refuses would be called safe.

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(`
    create domain positive as int check (value > 0);
    create table t (i int, b bigint, n numeric, f float8, note text, kind varchar(5), at timestamp, day date, doc jsonb, tags text[], d positive, v varchar);
    create function quiet(v text) returns text language sql immutable as $$ select lower(btrim(v)) $$;
    create function loud(v int) returns int language sql immutable as $$ select 100 / v $$;
    create function looking() returns int language sql immutable as $$ select i from t $$;
    create function itself(v int) returns int language sql immutable begin atomic select v; end;
    create or replace function itself(v int) returns int language sql immutable begin atomic select itself(v); end;
    create function opaque(v int) returns int language plpgsql immutable as $$ begin return v; end $$;`);
  catalog = catalogReader(engine);
});
afterAll(() => engine.close());

test.each([
  ["lower(note) || kind", null],
  ["coalesce(i, 0) > 3 and note like 'a%' and note ~ '^a' and not (kind is null)", null],
  ["case when i > 3 then upper(note) else md5(note) end", null],
  ["i / 2 + 0.5", null],
  ["n * 2 - i", null],
  ["b > i and i = any (array[1, 2])", null],
  ["doc ->> 'a' = note and doc @> '{}'", null],
  ["date_trunc('day', at)", null],
  ["(at at time zone 'UTC')::text", null],
  ["to_tsvector('english', note)", null],
  ["i::bigint + 0.0", null],
  ["v::varchar(3)", null],
  ["quiet(note)", null],
  ["split_part(note, '-', 2)", null],
  ["100 / i", "the operator /"],
  ["coalesce(1 % nullif(i, 1), 0)", "the operator %"],
  ["i + 1", "the operator +"],
  ["b::int", "the cast to integer"],
  ["(doc ->> 'n')::int", "the cast to integer"],
  ["i::positive", "the cast to positive"],
  ["sqrt(f)", "sqrt()"],
  ["note ~ kind", "the operator ~"],
  ["split_part(note, '-', i)", "split_part()"],
  ["int4range(i, i)", "int4range()"],
  ["case when i > 0 then loud(i) end", "loud()"],
  ["day - '2024-01-01'::date", "the operator -"],
  ["looking()", "looking()"],
  ["itself(i)", "itself()"],
  ["opaque(i)", "opaque()"],
])("%s", async (text, expected) => {
  const tree = (await queryTree(engine, `select ${text} from t`, []))!;
  await catalog.ensureForTree(tree.text);
  expect(whatMayFail(tree.query.targetList[0]!.expr, catalog)).toBe(expected);
});

/** Values of each type at its edges; of times and lengths those that people have. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  boolean: ["true", "false"],
  smallint: ["-32768", "32767", "0", "-1"],
  integer: ["-2147483648", "2147483647", "0", "-1", "3"],
  bigint: ["-9223372036854775808", "9223372036854775807", "0"],
  numeric: ["NaN", "Infinity", "0", "-1e100", "1e-100"],
  real: ["NaN", "Infinity", "0", "1e38"],
  "double precision": ["NaN", "Infinity", "0", "1e308"],
  text: ["", "a", "Äb-c", "\\", "%", "\\x", "x".repeat(1000)],
  "character varying": ["", "abc"],
  character: ["", "abc "],
  name: ["", "abc"],
  bytea: ["\\x", "\\xff00"],
  json: ["null", "1", "[]", '{"a": [1]}'],
  jsonb: ["null", "1", '"a"', "[]", "[1]", "{}", '{"a": [1]}'],
  "text[]": ["{}", "{a,NULL}", "{{a,b}}"],
  "integer[]": ["{}", "{1,NULL}", "{{1,2}}"],
  date: ["2024-02-29", "infinity", "-infinity", "0001-01-01 BC"],
  "timestamp without time zone": ["2024-02-29 10:00:00", "infinity", "-infinity"],
  "timestamp with time zone": ["2024-02-29 10:00:00+01", "infinity", "-infinity"],
  "time without time zone": ["00:00:00", "24:00:00"],
  interval: ["1 day", "-1 month", "0"],
  int4range: ["empty", "(,)", "[1,2)"],
  inet: ["10.0.0.1", "::1", "10.0.0.0/8"],
  tsvector: ["", "a:1 b:2"],
  tsquery: ["", "a & !b"],
  jsonpath: ["$", "$.a[*] > 1"],
  uuid: ["00000000-0000-4000-8000-000000000001"],
};
const STAND_INS: Readonly<Record<string, string>> = {
  anyarray: "integer[]",
  anycompatiblearray: "integer[]",
  anyelement: "integer",
  anycompatible: "integer",
  anynonarray: "integer",
  anyrange: "int4range",
  '"any"': "text",
};

test("what has a value for every row has one at the edges of its types", async () => {
  const rows = await engine.run(
    `select p.oid::int4 as oid, quote_ident(p.proname) as name, array_agg(format_type(a.type, null) order by a.n)::text[] as types, array_agg(a.type::int4 order by a.n)::text[] as oids
     from pg_proc p, unnest(p.proargtypes::oid[]) with ordinality a(type, n)
     where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset and p.provolatile = 'i' and p.provariadic = 0 group by p.oid`,
  );
  const certain: string[] = [];
  for (const { oid, name, types, oids } of rows) {
    const own = (types as string[]).map((type) => STAND_INS[type] ?? type);
    if (own.length > 3 || !own.every((type) => type in EDGES)) continue;
    await catalog.ensureFunctions([oid as number]);
    const args = (oids as string[]).map((type) => ({ kind: "Var", vartype: Number(type) }) as Expression);
    const call = {
      kind: "FuncExpr",
      funcid: oid,
      args,
      funcformat: "COERCE_EXPLICIT_CALL",
    } as unknown as FuncExpr;
    if (whatMayFail(call, catalog) !== null) continue;
    const from = own.map(
      (type, i) => `(values ${EDGES[type]!.map((text) => `('${text}'::${type})`).join(", ")}) a${i}(v)`,
    );
    certain.push(
      `select count(pg_catalog.${name}(${own.map((_, i) => `a${i}.v`).join(", ")})) from ${from.join(", ")}`,
    );
  }
  expect(certain.length).toBeGreaterThan(150);
  const refused: string[] = [];
  for (const sql of certain)
    await engine.attempt(sql).catch(({ message }: Error) => {
      if (!/^(?:date|timestamp) out of range/.test(message)) refused.push(`${sql}: ${message}`);
    });
  expect(refused).toEqual([]);
});
