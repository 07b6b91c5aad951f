import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { ParameterError, SessionSettingError, StatementError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import type { CopyConfig, QueryConfig } from "../../src/statement.ts";
import { statement } from "./statement.ts";

/** No value is changed in silence, whatever the role is set to and whatever is handed in. */

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, max: 2 });
  await pool.execute("create table texts (id int, value text)");
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

/** How each way to run a statement ends. */
const ways: Readonly<Record<string, (on: Queryable, config: QueryConfig) => Promise<unknown[][]>>> = {
  query: async (on, config) => (await on.query(config)).rows,
  batch: async (on, config) => unwrap(await on.batch([config])),
  "atomic batch": async (on, config) => unwrap(await on.batch([config], { atomic: true })),
  stream: async (on, config) => {
    const rows: unknown[][] = [];
    for await (const row of on.stream(config)) rows.push(row);
    return rows;
  },
};
const names = Object.keys(ways);

function unwrap(settled: PromiseSettledResult<{ rows: unknown[][] }>[]): unknown[][] {
  const [one] = settled;
  if (one?.status !== "fulfilled") throw one?.reason;
  return one.value.rows;
}

const VALUES = `select date '2026-02-03', timestamptz '2026-02-03 04:05:06Z', interval '1 year 2 days',
  0.1::float8 + 0.2::float8, '\\x0001ff'::bytea, $1::text[]`;
const SETTINGS = {
  DateStyle: "'German, DMY'",
  IntervalStyle: "iso_8601",
  extra_float_digits: "0",
  bytea_output: "escape",
  array_nulls: "off",
  standard_conforming_strings: "off",
  client_encoding: "latin1",
};

test.each(names)("settings of the role change no value: %s", async (way) => {
  const role = `odd_${way.replace(" ", "_")}`;
  await pool.execute(`create role ${role} superuser login`);
  const odd = createPool({ connectionString: withUser(database.url, role), max: 1 });
  try {
    for (const [name, value] of Object.entries(SETTINGS))
      await pool.execute(`alter role ${role} set ${name} = ${value}`);
    const config = statement(VALUES, ["{x,NULL}"]);
    expect(await ways[way]!(odd, config)).toEqual([
      [
        "2026-02-03",
        "2026-02-03 04:05:06+00",
        "1 year 2 days",
        "0.30000000000000004",
        "\\x0001ff",
        "{x,NULL}",
      ],
    ]);
    expect(await ways[way]!(odd, statement("select $1::text || 'é', '\\'", ["ü€"]))).toEqual([["ü€é", "\\"]]);
  } finally {
    await odd.close();
    await pool.execute(`drop role ${role}`);
  }
});

function withUser(url: string, user: string): string {
  const own = new URL(url);
  own.username = user;
  return own.href;
}

describe.each(names)("a setting that the session changes: %s", (way) => {
  test.each(["DateStyle = German", "IntervalStyle = iso_8601", "client_encoding = latin1"])(
    "%s",
    async (set) => {
      const [name] = set.split(" ");
      const own = createPool({ connectionString: database.url, max: 1 });
      try {
        const session = await own.connect();
        const [pid] = (await session.execute("select pg_backend_pid()")).rows;
        await session.execute(`set ${set}`);
        const reading = ways[way]!(session, statement("select now()"));
        await expect(reading).rejects.toBeInstanceOf(SessionSettingError);
        await expect(ways[way]!(session, statement("select now()"))).rejects.toThrow(name);
        await session.execute(`reset ${name}`);
        expect(await ways[way]!(session, statement("select 1"))).toEqual([["1"]]);
        await session.execute(`set ${set}`);
        session.release();
        // It does not go back to where another would find it.
        const [other] = (await own.execute("select pg_backend_pid()")).rows;
        expect(other).not.toEqual(pid);
        expect(await ways[way]!(own, statement("select 1"))).toEqual([["1"]]);
      } finally {
        await own.close();
      }
    },
  );
});

describe.each(names)("a setting that a statement changes before its own values are written: %s", (way) => {
  test.each([
    ["DateStyle", "German", "now()"],
    ["IntervalStyle", "iso_8601", "interval '1 day'"],
  ])("%s", async (name, value, expression) => {
    await using own = createPool({ connectionString: database.url, max: 1 });
    const text = `select ${expression}, set_config('${name}', '${value}', false) from generate_series(1, 3)`;
    await expect(ways[way]!(own, statement(text))).rejects.toBeInstanceOf(SessionSettingError);
    expect(await ways[way]!(own, statement("select date '2026-02-03'"))).toEqual([["2026-02-03"]]);
  });
});

test.each([
  ["datestyle", "German"],
  ["IntervalStyle", "iso_8601"],
  ["bytea_output", "escape"],
  ["extra_float_digits", "-3"],
  ["array_nulls", "off"],
  ["client_encoding", "latin1"],
])("a scope has no setting that changes values: %s = %s", (name, value) => {
  expect(() => pool.scope({ [name]: value })).toThrow(`${name} = ${value} changes how values are written`);
});

test("a scope may say what is so anyway", async () => {
  const scope = pool.scope({ DateStyle: "ISO, DMY", bytea_output: "hex" });
  expect((await scope.query(statement("select date '2026-02-03'"))).rows).toEqual([["2026-02-03"]]);
});

test("one that a transaction sets for itself is over with it", async () => {
  await pool.transaction(async (tx) => {
    await tx.execute("set local DateStyle = German");
    await expect(tx.query(statement("select now()"))).rejects.toBeInstanceOf(SessionSettingError);
  });
  expect((await pool.query(statement("select date '2026-02-03'"))).rows).toEqual([["2026-02-03"]]);
});

test.each([
  ["extra_float_digits", "set local extra_float_digits = 0"],
  ["bytea_output", "/* a\nb */ SET LOCAL Bytea_Output TO 'escape'"],
  ["array_nulls", "-- off\nset array_nulls=off"],
  ["extra_float_digits", "select set_config('extra_float_digits', '-3', true)"],
  ["extra_float_digits", "select set_config( 'extra_float_digits' , '0'::text, false)"],
])("one that no server reports is seen where a statement sets %s: %s", async (name, text) => {
  await using own = createPool({ connectionString: database.url, max: 1 });
  const [pid] = (await own.execute("select pg_backend_pid()")).rows;
  await own.transaction(async (tx) => {
    await tx.execute(text);
    for (const way of names) {
      const reading = ways[way]!(tx, statement("select 0.1::float8 + 0.2::float8"));
      await expect(reading).rejects.toBeInstanceOf(SessionSettingError);
      await expect(ways[way]!(tx, statement("select 1"))).rejects.toThrow(name);
    }
    await tx.execute(`reset ${name}`);
    expect(await ways.query!(tx, statement("select 0.1::float8 + 0.2::float8"))).toEqual([
      ["0.30000000000000004"],
    ]);
    await tx.execute(text);
  });
  expect((await own.execute("select pg_backend_pid()")).rows).not.toEqual([pid]);
});

test.each([
  "set local extra_float_digits = 3",
  "set array_nulls to default",
  "reset all",
  "select set_config('bytea_output', 'hex', true)",
  "create temporary table t as select 1 as bytea_output",
  "update u set bytea_output = 'escape'",
  `${"/* a * b */ ".repeat(100)} select 1`,
])("what changes no value is let be: %s", async (text) => {
  await pool
    .transaction(async (tx) => {
      await tx.execute("create temporary table u (bytea_output text) on commit drop");
      await tx.execute(text);
      expect(await ways.query!(tx, statement("select 1"))).toEqual([["1"]]);
      throw new Error("undone");
    })
    .catch((error) => expect(error).toMatchObject({ message: "undone" }));
});

const UNSTORABLE = [
  ["a lone high surrogate", "x\ud800y"],
  ["a lone low surrogate", "\udc00"],
  ["surrogates in the wrong order", "\udc00\ud800"],
  ["U+0000", "a\0b"],
] as const;

describe.each(names)("text that cannot be stored is refused, and costs nothing else: %s", (way) => {
  test.each(UNSTORABLE)("%s", async (_, text) => {
    for (const on of [pool, await pool.connect()]) {
      const bad = ways[way]!(on, statement("select $1::int, $2::text", [1, text]));
      await expect(bad).rejects.toBeInstanceOf(ParameterError);
      await expect(bad).rejects.toThrow(/^Test: parameter \$2 has/);
      await expect(ways[way]!(on, statement("select $1::text[]", [[text]]))).rejects.toThrow(ParameterError);
      await expect(ways[way]!(on, statement(`select '${text}'`))).rejects.toThrow(ParameterError);
      expect(await ways[way]!(on, statement("select $1::text", ["𝄞"]))).toEqual([["𝄞"]]);
      if ("release" in on) on.release();
    }
  });
});

test.each(names)("a Date that is no point in time is refused before it is sent: %s", async (way) => {
  const bad = ways[way]!(pool, statement("select $1::timestamptz", [new Date(Number.NaN)]));
  await expect(bad).rejects.toBeInstanceOf(ParameterError);
  await expect(bad).rejects.toThrow(/^Test: parameter \$1 has a Date that is no point in time$/);
});

test.each([
  ["float8", -0, "-0"],
  ["bytea", new Uint8Array([1, 2]).buffer, "\\x0102"],
  ["bytea[]", [new Uint8Array([1, 2]), null], '{"\\\\x0102",NULL}'],
  ["text[]", [['a"\\', "null"]], '{{"a\\"\\\\","null"}}'],
  ["date", new Date(2026, 0, 2), "2026-01-02"],
  ["text", { toPostgres: () => [1, true] }, '{"1","true"}'],
  ["jsonb", { a: [1.5, null, "x"] }, '{"a": [1.5, null, "x"]}'],
])("an ad hoc parameter arrives as it was given: %s", async (type, value, expected) => {
  const { rows } = await pool.execute(`select $1::${type}::text`, [value]);
  expect(rows).toEqual([[expected]]);
});

test("a Date arrives at its millisecond, also of times whose offset from UTC had seconds", async () => {
  const times = [0, -1, 1.7e12, -2.5e12, -6.2e13, -6.3e13, 8.64e15 - 1].map(Math.trunc);
  for (const zone of ["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kolkata"]) {
    const script = `
      import { writeValue } from "${new URL("../../dist/postgres/storable.js", import.meta.url)}";
      console.log(JSON.stringify(${JSON.stringify(times)}.map((time) => writeValue(new Date(time), 0))));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, TZ: zone },
    });
    const { rows } = await pool.execute(
      "select round(extract(epoch from t::timestamptz) * 1000)::bigint from unnest($1::text[]) t",
      [JSON.parse(stdout)],
    );
    expect(rows.map(([time]) => Number(time))).toEqual(times);
  }
});

test.each([
  [{ a: Number.NaN }, "NaN, which would become null, in JSON"],
  [{ a: [undefined] }, "a value that is undefined in JSON"],
  [{ a: new Date(0) }, "a Date, which would become a string, in JSON"],
  [{ a: new Map([[1, 2]]) }, "a Map or Set, which would become {}, in JSON"],
  [new Set([1]), "a Map or Set, which would become {}, in JSON"],
  [{ a: 1n }, "a bigint in JSON"],
  [[new Date(Number.NaN)], "a Date that is no point in time"],
  [() => 1, "a function, which is no value"],
  [Symbol("s"), "a symbol, which is no value"],
])("%p is refused, and not changed", async (value, reason) => {
  const refused = pool.execute("select $1::text", [value]);
  await expect(refused).rejects.toThrow(
    new ParameterError(`parameter $1 has ${reason}`, { query: "execute" }),
  );
});

test.each(UNSTORABLE)("COPY refuses %s, and inserts nothing", async (_, text) => {
  const rows = [
    [1, "good"],
    [2, text],
  ] as const;
  const config: CopyConfig<readonly [number, string]> = {
    schema: "public",
    table: "texts",
    columns: ["id", "value"],
    rows,
    encode: ([id, value]) => [String(id), value],
    query: { name: "AddTexts", command: ":copyfrom", operation: "INSERT", relations: [] },
  };
  await expect(pool.copyRows(config)).rejects.toBeInstanceOf(ParameterError);
  expect((await pool.query(statement("select count(*) from texts"))).rows).toEqual([["0"]]);
});

test("a transaction goes on after a value that was refused", async () => {
  const done = await pool.transaction(async (tx) => {
    await tx.query(statement("insert into texts values (1, 'kept')"));
    await expect(tx.query(statement("select $1", ["\ud800"]))).rejects.toBeInstanceOf(ParameterError);
    return tx.query(statement("delete from texts returning value"));
  });
  expect(done.rows).toEqual([["kept"]]);
});

test.each(names)("65,535 parameters are sent, one more is an error before sending: %s", async (way) => {
  const many = (count: number) => {
    const rows = Array.from({ length: count }, (_, i) => `($${i + 1}::int)`);
    return statement(`select count(*) from (values ${rows.join(", ")}) v`, new Array(count).fill(1));
  };
  expect(await ways[way]!(pool, many(65_535))).toEqual([["65535"]]);
  await expect(ways[way]!(pool, many(65_536))).rejects.toBeInstanceOf(ParameterError);
  await expect(ways[way]!(pool, many(65_536))).rejects.toThrow("65536 parameters");
  expect(await ways[way]!(pool, many(1))).toEqual([["1"]]);
  await expect(ways[way]!(pool, statement("select 1/0"))).rejects.toBeInstanceOf(StatementError);
});
