import { type Casts, caution, loss, readCasts, usingClause } from "../../../src/check/schema/sql/types.ts";
import { type Engine, PostgresError } from "../../../src/postgres/engine.ts";
import { EmbeddedEngine } from "../../../src/postgres/pglite.ts";

// What a migration writes for a column that gets another type is carried out on a value of each kind, and taken back. Where PostgreSQL refuses it, or what comes
// back is another value, the migration has to have said so.

/** By type, values that others have no room for. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  smallint: ["32767", "-1"],
  integer: ["2147483647", "1"],
  bigint: ["9007199254740993", "0"],
  "numeric(4,2)": ["12.34"],
  "numeric(12,0)": ["123456789012"],
  numeric: ["12345678901234567890.123456789"],
  real: ["1.2345679", "3e38"],
  "double precision": ["0.30000000000000004", "1e300"],
  text: [
    "a rather long text that no shorter type has room for, as it has more than sixty-three characters",
    "1",
    "t",
  ],
  "character varying(5)": ["abcde"],
  "character varying(2)": ["ab", "1"],
  "character(5)": ["ab"],
  name: ["abc"],
  '"char"': ["x"],
  boolean: ["t"],
  date: ["2024-02-29"],
  "timestamp without time zone": ["2024-02-29 12:34:56.789"],
  "timestamp(0) with time zone": ["2024-02-29 12:34:56+00"],
  "timestamp with time zone": ["2024-02-29 12:34:56.789+00"],
  "time without time zone": ["12:34:56.789"],
  "time with time zone": ["12:34:56.789+03"],
  interval: ["1 year 2 days 03:04:05.678"],
  "interval(0)": ["3 days"],
  "interval year to month": ["1 year 2 mons"],
  uuid: ["00000000-0000-4000-8000-000000000001"],
  bytea: ["\\x00ff"],
  json: ['{"a": 1, "a":  2}'],
  jsonb: ['{"a": 1}'],
  inet: ["10.1.2.3/8", "10.1.2.3"],
  cidr: ["10.0.0.0/8"],
  "bit(3)": ["101"],
  "bit(8)": ["10100000"],
  "bit varying": ["1011"],
  "bit varying(4)": ["1011"],
  "integer[]": ["{1,2147483647}"],
  "smallint[]": ["{1}"],
  "text[]": ["{abcdef,1}"],
  "character varying(3)[]": ["{abc}"],
};

let engine: Engine;
let casts: Casts;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  casts = await readCasts(engine);
});
afterAll(() => engine.close());

const changed = (from: string, to: string): string =>
  `alter table t alter column a type ${to}${usingClause("a", from, to, casts)}`;

async function textOf(sql: string): Promise<string | null> {
  await engine.run("savepoint one");
  try {
    await engine.run(sql);
    return String((await engine.run("select a::text as a from t"))[0]?.a);
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    await engine.run("rollback to one");
    return null;
  }
}

test.each(Object.keys(VALUES))("of %s nothing is lost, or refused, without a word", async (from) => {
  const silent: string[] = [];
  for (const to of Object.keys(VALUES)) {
    if (to === from) continue;
    // Whatever comes of it has been said.
    if (loss(from, to) !== null || caution("a", from, to, casts) !== null) continue;
    for (const value of VALUES[from]!) {
      await engine.run(`begin; create table t (a ${from}); insert into t values ('${value}')`);
      const before = String((await engine.run("select a::text as a from t"))[0]?.a);
      const there = await textOf(changed(from, to));
      const back = there === null ? null : await textOf(changed(to, from));
      await engine.run("rollback");
      if (back !== before) silent.push(`${to}: ${before} → ${there ?? "refused"} → ${back ?? "refused"}`);
    }
  }
  expect(silent).toEqual([]);
});

test.each([
  ["integer", "bigint"],
  ["integer", "numeric"],
  ["integer", "text"],
  ["real", "double precision"],
  ["character varying(5)", "text"],
  ["character varying(2)", "character varying(5)"],
  ["numeric(4,2)", "numeric(6,2)"],
  ["date", "timestamp without time zone"],
  ["timestamp(0) with time zone", "timestamp with time zone"],
  ["uuid", "text"],
  ["cidr", "inet"],
  ["bit(3)", "bit varying"],
  ["smallint[]", "integer[]"],
  ["character varying(3)[]", "text[]"],
])("%s becomes %s, and nothing has to be said", (from, to) => {
  expect([loss(from, to), caution("a", from, to, casts)]).toEqual([null, null]);
});

test.each([
  ["integer", "bytea"],
  ["bytea", "bigint"],
])("%s becomes %s as on servers before 18, which have no cast for that", (from, to) => {
  expect(usingClause("a", from, to, casts)).toBe(` using a::text::${to}`);
  expect(caution("a", from, to, casts)).toMatch(/^fails where the text of a in a row is no /);
});
