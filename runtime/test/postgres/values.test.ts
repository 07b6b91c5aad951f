import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { ParameterError, SessionSettingError, StatementError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolConnection } from "../../src/postgres/pool-connection.ts";
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
  "last call": async (on, config) => (await (on as Pool).transaction((tx) => tx.last.query(config))).rows,
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

/** What no server reports: each sets it to what changes values. */
const SILENT: readonly (readonly [string, string, unknown[]])[] = [
  ["extra_float_digits", "set local extra_float_digits = 0", []],
  ["bytea_output", "/* a\nb */ SET LOCAL Bytea_Output TO 'escape'", []],
  ["bytea_output", 'set session "bytea_output" = "escape"', []],
  ["bytea_output", "set bytea_output = E'esc\\x61pe'", []],
  ["bytea_output", '/* a /* b /* c */ */ */ set U&"bytea\\005foutput" to escape', []],
  ["array_nulls", "-- off\nset array_nulls=off", []],
  ["array_nulls", "do $$ begin execute 'set array_nulls to off'; end $$", []],
  ["extra_float_digits", "select set_config('extra_float_digits', '-3', true)", []],
  ["extra_float_digits", "select set_config( 'extra_float_digits' , '0'::text, false)", []],
  ["extra_float_digits", "select set_config($1, $2, true)", ["Extra_Float_Digits", "0"]],
  ["extra_float_digits", "select set_config('extra_float_' || 'digits', '0', false)", []],
  ["extra_float_digits", "update pg_settings set setting = '0' where name = $1", ["extra_float_digits"]],
];

test.each(SILENT)("what may set %s is asked for: %s", async (name, text, values) => {
  await using own = createPool({ connectionString: database.url, max: 1 });
  const [pid] = (await own.execute("select pg_backend_pid()")).rows;
  await own.transaction(async (tx) => {
    await tx.execute(text, values);
    for (const way of names) {
      const reading = ways[way]!(tx, statement("select 0.1::float8 + 0.2::float8"));
      await expect(reading).rejects.toBeInstanceOf(SessionSettingError);
      await expect(ways[way]!(tx, statement("select 1"))).rejects.toThrow(name);
    }
    await expect(tx.copyRows(copyOf([]))).rejects.toBeInstanceOf(SessionSettingError);
    await tx.execute(`reset ${name}`);
    expect(await ways.query!(tx, statement("select 0.1::float8 + 0.2::float8"))).toEqual([
      ["0.30000000000000004"],
    ]);
    await tx.execute(text, values);
  });
  expect((await own.execute("select pg_backend_pid()")).rows).not.toEqual([pid]);
});

// Some of it in a transaction that is begun by hand, in which there is no other.
const withinAnother = names.filter((way) => way !== "last call");
describe.each(withinAnother)("what undoes a setting makes it what it was: %s", (way) => {
  const float = statement("select 0.1::float8 + 0.2::float8");
  const isRight = [["0.30000000000000004"]];
  test.each([
    [
      "a transaction that set it right is rolled back",
      ["set extra_float_digits = 0", "begin", "set extra_float_digits = 1"],
      "rollback",
    ],
    [
      "the same of a savepoint",
      ["begin", "set extra_float_digits = 0", "savepoint s", "reset extra_float_digits"],
      "rollback to s",
    ],
    ["a function's own setting ends with it", ["set extra_float_digits = 0"], "select set_right()"],
    ["what sets it right fails", ["set extra_float_digits = 0"], "set extra_float_digits = 1000"],
  ])("%s", async (_, before, undo) => {
    await using own = createPool({ connectionString: database.url, max: 1 });
    await own.execute(
      "create or replace function set_right() returns int language sql set extra_float_digits = 1 as 'select 1'",
    );
    await using session = await own.connect();
    for (const text of before) await session.execute(text);
    if (before.length > 1) expect(await ways[way]!(session, float)).toEqual(isRight);
    await session.execute(undo).catch(() => {});
    await expect(ways[way]!(session, float)).rejects.toBeInstanceOf(SessionSettingError);
    await session.execute("rollback");
    await session.execute("reset all");
    expect(await ways[way]!(session, float)).toEqual(isRight);
  });

  test.each([
    "set extra_float_digits = 0",
    "set local extra_float_digits = 0",
    "select set_config('extra_float_digits', '0', true)",
  ])("the other way round: %s", async (text) => {
    await using own = createPool({ connectionString: database.url, max: 1 });
    await using session = await own.connect();
    await session.execute("begin");
    await session.execute(text);
    await expect(ways[way]!(session, float)).rejects.toBeInstanceOf(SessionSettingError);
    await session.execute("rollback");
    expect(await ways[way]!(session, float)).toEqual(isRight);
  });
});

test.each([
  ["silent", "select set_config('extra_float_digits', '0', true), 0.1::float8 + 0.2::float8", []],
  ["reported", "select set_config('DateStyle', 'German', true), now()", []],
  ["named by a parameter", "select set_config($1, 'German', true), now()", ["datestyle"]],
])(
  "a statement that sets what its own values depend on, for itself alone, gives none: %s",
  async (_, text, values) => {
    for (const way of names)
      await expect(ways[way]!(pool, statement(text, values))).rejects.toBeInstanceOf(SessionSettingError);
    expect(await ways.query!(pool, statement("select 0.1::float8 + 0.2::float8"))).toEqual([
      ["0.30000000000000004"],
    ]);
  },
);

test.each([
  [true, "set local DateStyle = German"],
  [false, "set extra_float_digits = 0"],
  [true, "set local extra_float_digits = 0"],
])("neither do those that are sent with it (atomic: %s): %s", async (atomic, text) => {
  await using own = createPool({ connectionString: database.url, max: 1 });
  const set = { ...statement(text), query: { ...statement(text).query, operation: "SET" } };
  const [, read] = await own.batch([set, statement("select now(), 0.1::float8 + 0.2::float8")], { atomic });
  expect(read).toMatchObject({ status: "rejected", reason: expect.any(SessionSettingError) });
});

describe("what a function's body sets", () => {
  const body = (name: string, setting: string, value: string, isLocal: boolean): string =>
    `create or replace function ${name}() returns text language sql as $$ select set_config('${setting}', '${value}', ${isLocal}) $$`;
  const DATE = "date '2026-02-03', 0.1::float8 + 0.2::float8";
  const isRight = [["2026-02-03", "0.30000000000000004"]];
  let own: Pool;
  beforeEach(async () => {
    own = createPool({ connectionString: database.url, max: 1 });
    await database.pool.query(body("sets_style", "datestyle", "German", false));
    await database.pool.query(body("sets_style_locally", "datestyle", "German", true));
    await database.pool.query(body("sets_digits", "extra_float_digits", "0", false));
    await database.pool.query(
      `create or replace function has_style() returns text language sql set datestyle = German as $$ select (date '2026-02-03')::text $$`,
    );
  });
  afterEach(() => own.close());
  const read = (on: Queryable, call: string) => ways.query!(on, statement(`select ${DATE} from ${call}`));

  test("is seen where the server reports it: no value comes, and nobody else gets the connection", async () => {
    await expect(read(own, "sets_style()")).rejects.toThrow(SessionSettingError);
    expect(await read(own, "now()")).toEqual(isRight);
    expect(own.stat().newConnsCount).toBe(2);
    const work = own.transaction((tx) => read(tx, "sets_style_locally()"));
    await expect(work).rejects.toThrow(SessionSettingError);
  });

  test("and what holds for the body alone changes nothing", async () => {
    expect(await read(own, "has_style()")).toEqual(isRight);
    expect(own.stat().newConnsCount).toBe(1);
  });

  // What the documentation says is not: a server that told would make these fail.
  test("is not where no server reports it, or it is gone when the statement is over", async () => {
    expect(await read(own, "sets_digits()")).toEqual([["2026-02-03", "0.3"]]);
    expect(await read(own, "sets_style_locally()")).toEqual([["03.02.2026", "0.3"]]);
  });
});

test("what pg's own client has set is asked for before anyone gets the connection", async () => {
  await using own = createPool({ connectionString: database.url, max: 1 });
  const pids: unknown[] = [];
  for (const value of ["escape", "hex"]) {
    const held = await own.connect();
    pids.push(held.client.processID);
    await held.client.query(`set bytea_output = ${value}`);
    held.release();
    const [[row, pid]] = (await own.query(statement("select '\\x00ff'::bytea, pg_backend_pid()"))).rows as [
      unknown[],
    ];
    expect(row).toBe("\\x00ff");
    pids.push(Number(pid));
  }
  expect(pids[1]).not.toBe(pids[0]);
  // It was as it must be.
  expect(pids.slice(2)).toEqual([pids[1], pids[1]]);
});

test.each<[string, (session: PoolConnection) => Promise<unknown>]>([
  ["extra_float_digits", (session) => session.execute("set extra_float_digits = 0")],
  ["bytea_output", (session) => session.client.query("set bytea_output = escape")],
  ["DateStyle", (session) => session.client.query("set datestyle = german")],
])("onConnect that sets %s to what changes values is an error at once", async (name, onConnect) => {
  await using own = createPool({
    connectionString: database.url,
    max: 1,
    onConnect: async (c) => void (await onConnect(c)),
  });
  await expect(own.execute("select 1")).rejects.toBeInstanceOf(SessionSettingError);
  await expect(own.execute("select 1")).rejects.toThrow(name);
});

test("onConnect that sets it to what does not costs no connection", async () => {
  const onConnect = async (session: PoolConnection): Promise<void> => {
    await session.execute("set extra_float_digits = 3");
  };
  await using own = createPool({ connectionString: database.url, max: 1, onConnect });
  for (let i = 0; i < 3; i++) await own.query(statement("select 1"));
  expect(own.stat().newConnsCount).toBe(1);
});

test("no text is sent or read in another encoding", async () => {
  await using own = createPool({ connectionString: database.url, max: 1 });
  await pool.execute("truncate texts");
  await own.transaction(async (tx) => {
    await tx.execute("set local client_encoding = latin1");
    await expect(tx.execute("select 'é'")).rejects.toBeInstanceOf(SessionSettingError);
    await expect(tx.execute("select $1::text", ["é"])).rejects.toBeInstanceOf(SessionSettingError);
    await expect(tx.execute("select chr(233)")).rejects.toBeInstanceOf(SessionSettingError);
    await expect(tx.copyRows(copyOf([[1, "é"]]))).rejects.toBeInstanceOf(SessionSettingError);
    expect((await tx.execute("select 1")).rows).toEqual([["1"]]);
    await tx.execute("reset client_encoding");
    expect(await tx.copyRows(copyOf([[1, "é"]]))).toBe(1);
  });
  expect((await pool.query(statement("select value from texts"))).rows).toEqual([["é"]]);
  await pool.execute("truncate texts");
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

test.each<[string, unknown[]]>([
  ["select set_config('app.tenant', $1, false)", ["7"]],
  ["select set_config($1, $2, false)", ["app.tenant", "7"]],
  ["set statement_timeout = 0", []],
  ["insert into texts values (1, 'a') on conflict do nothing", []],
])("what sets another thing costs no connection, and no question: %s", async (text, values) => {
  await using own = createPool({ connectionString: database.url, max: 1 });
  await own.execute(text, values);
  await own.query(statement(text, values));
  await own.query(statement("select 1"));
  expect(own.stat().newConnsCount).toBe(1);
});

function copyOf(rows: readonly (readonly [number, string])[]): CopyConfig<readonly [number, string]> {
  return {
    schema: "public",
    table: "texts",
    columns: ["id", "value"],
    rows,
    encode: ([id, value]) => [String(id), value],
    query: { name: "AddTexts", command: ":copyfrom", operation: "INSERT", relations: [] },
  };
}

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
  ["json", { a: [-0, 0, "#", "-0"], "#": -0 }, '{"a":[-0,0,"#","-0"],"#":-0}'],
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

test("what cannot be written as JSON is told as other values, with why", async () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const message = "execute: parameter $1 has a value that cannot be written as JSON";
  await expect(pool.execute("select $1::json", [circle])).rejects.toMatchObject({
    name: "ParameterError",
    message,
    cause: expect.any(TypeError),
  });
});

test("objects of classes are written by their fields, and what says itself how it is written as it says", async () => {
  class Point {
    readonly x = 1;
    readonly [Symbol.toStringTag] = "Point";
  }
  const bare: unknown = Object.assign(Object.create(null), { a: 1 });
  const value = {
    point: new Point(),
    bare,
    n: new Number(1),
    url: new URL("http://a/"),
    b: Buffer.from("a"),
  };
  const { rows } = await pool.execute("select $1::json", [value]);
  expect(rows).toEqual([
    ['{"point":{"x":1},"bare":{"a":1},"n":1,"url":"http://a/","b":{"type":"Buffer","data":[97]}}'],
  ]);
});

test.each([
  [{ a: Number.NaN }, "NaN, which would become null, in JSON"],
  [{ a: [undefined] }, "a value that is undefined in JSON"],
  [{ a: new Date(0) }, "a Date, which would become a string, in JSON"],
  [{ a: new Map([[1, 2]]) }, "a Map or Set, which would become {}, in JSON"],
  [new Set([1]), "a Map or Set, which would become {}, in JSON"],
  [{ a: 1n }, "a bigint in JSON"],
  [[new Date(Number.NaN)], "a Date that is no point in time"],
  [Promise.resolve(1), "Promise, which would be lost, in JSON"],
  [{ a: [Promise.resolve(1)] }, "Promise, which would be lost, in JSON"],
  [{ a: /x/ }, "RegExp, which would be lost, in JSON"],
  [{ a: Object.assign(new Error("no"), { code: 1 }) }, "Error, which would be lost, in JSON"],
  [{ a: new Uint8Array([1]) }, "Uint8Array, which would be lost, in JSON"],
  [new SharedArrayBuffer(1), "SharedArrayBuffer, which would be lost, in JSON"],
  [{ a: [1].values() }, "Array Iterator, which would be lost, in JSON"],
  [{ a: { toJSON: () => new WeakMap() } }, "WeakMap, which would be lost, in JSON"],
  [{ a: Object(1n) }, "a bigint in JSON"],
  [() => 1, "a function, which is no value"],
  [Symbol("s"), "a symbol, which is no value"],
])("%p is refused, and not changed", async (value, reason) => {
  const refused = pool.execute("select $1::text", [value]);
  await expect(refused).rejects.toThrow(
    new ParameterError(`parameter $1 has ${reason}`, { query: "execute" }),
  );
});

test.each(UNSTORABLE)("COPY refuses %s, and inserts nothing", async (_, text) => {
  await pool.execute("truncate texts");
  const config = copyOf([
    [1, "good"],
    [2, text],
  ]);
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
