import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import fc from "../../../tests/properties.ts";
import { DatabaseError, ParameterError } from "../../src/errors/errors.ts";
import { BINARY, Unwritable } from "../../src/postgres/binary-values.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { statement } from "./statement.ts";

// COPY in the binary format stores what it would store of the same values in text, and refuses what it would refuse.

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, max: 1 });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

type Values = readonly (string | null)[];

/** Another one for each test: a connection knows what it has written to. */
let table = "";
let tables = 0;

const config = (columns: readonly string[], rows: Iterable<Values>): CopyConfig<Values> => ({
  schema: "public",
  table,
  columns,
  rows,
  encode: (row) => [...row],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
});

async function makeTable(columns: string): Promise<void> {
  table = `t${++tables}`;
  await pool.execute(`create table ${table} (n int generated always as identity, ${columns})`);
}

async function stored(column = "v::text"): Promise<(string | null)[]> {
  return (await pool.query(statement(`select ${column} from ${table} order by n`))).rows.map(
    ([value]) => value!,
  );
}

/** What the server makes of each text by itself; undefined where it refuses it. */
async function readByServer(type: string, texts: readonly string[]): Promise<(string | undefined)[]> {
  const settled = await pool.batch(
    texts.map((text) => statement(`select ($1::text::${type})::text`, [text])),
  );
  return settled.map((one) =>
    one.status === "fulfilled" ? (one.value.rows[0]![0] ?? undefined) : undefined,
  );
}

const digits = (from: number, to: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9]{${from},${to}}$`));
const join = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((texts) => texts.join(""));
const sign = fc.constantFrom("", "", "-", "+");
const day = join(digits(4, 4), "-", digits(2, 2), "-", digits(2, 2));
const realDay = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const time = join(digits(2, 2), ":", digits(2, 2), ":", digits(2, 2));
const realTime = fc
  .integer({ min: 0, max: 86_399_999 })
  .map((ms) => new Date(ms).toISOString().slice(11, 23));
const instants = fc.oneof(
  fc
    .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((d) => d.toISOString()),
  join(
    realDay,
    fc.constantFrom("T", " "),
    realTime,
    digits(0, 4),
    fc.constantFrom("", "Z", "+00", "+02", "-0330"),
  ),
  join(
    fc.oneof(day, realDay),
    fc.constantFrom("T", " ", "x"),
    time,
    fc.constantFrom("", "Z", "+00:00", " BC"),
  ),
  fc.constantFrom(
    "infinity",
    "-infinity",
    "epoch",
    "now",
    "",
    "2000-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
  ),
);

/** Texts of every type that has a binary form: those that it has been made for, and all others. */
const TEXTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  boolean: fc.constantFrom("t", "f", "true", "false", "yes", "0", "", "toString", "T"),
  int2: fc.oneof(join(sign, digits(1, 6)), fc.constantFrom("32767", "-32768", "32768", "", "1.0", "0x10")),
  int4: fc.oneof(
    join(sign, digits(1, 11)),
    fc.constantFrom("2147483647", "-2147483648", "2147483648", "1e3"),
  ),
  int8: fc.oneof(
    join(sign, digits(1, 20)),
    fc.constantFrom(
      "9223372036854775807",
      "-9223372036854775808",
      "9223372036854775808",
      "-4294967296",
      "-1",
    ),
  ),
  float8: fc.oneof(
    fc.double({ noNaN: true }).map((value) => (Object.is(value, -0) ? "-0" : String(value))),
    join(
      sign,
      digits(1, 30),
      fc.constantFrom("", ".5", "."),
      fc.constantFrom("", "e5", "e-400", "e400", "e-310"),
    ),
    fc.constantFrom("NaN", "Infinity", "-Infinity", "inf", "0e-400", "", "0.0"),
  ),
  numeric: fc.oneof(
    join(sign, digits(0, 12), fc.constantFrom("", "."), digits(0, 12)),
    join(sign, digits(1, 40), fc.constantFrom("", ".0", "e3")),
    fc.constantFrom("0", "-0.00", "10000", "0.0001", "0.00010", "100000000", "NaN", "Infinity", "", "-", "."),
  ),
  "numeric(10, 2)": join(sign, digits(0, 9), ".", digits(1, 5)),
  text: fc.string({ unit: "binary", maxLength: 300 }).map((text) => text.replaceAll("\0", "")),
  "varchar(5)": fc.string({ unit: "grapheme", maxLength: 7 }).map((text) => text.replaceAll("\0", "")),
  "char(3)": fc.string({ unit: "grapheme", maxLength: 4 }).map((text) => text.replaceAll("\0", "")),
  json: fc.oneof(fc.json(), fc.constantFrom("", "{", "nul")),
  jsonb: fc.oneof(fc.json(), fc.constantFrom("", "{", '"é"', "1e400", '"\\u0000"')),
  uuid: fc.oneof(
    fc.uuid(),
    fc.uuid().map((text) => text.toUpperCase()),
    fc.uuid().map((text) => text.replaceAll("-", "")),
    fc.uuid().map((text) => `${text.slice(0, -1)}g`),
    fc.constantFrom("", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1é"),
  ),
  bytea: fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => `\\x${Buffer.from(bytes).toString("hex")}`),
    fc.constantFrom("\\xššŉŉ", "\\xa\u0131", "\\x\u00e1\u00e2"),
    fc.constantFrom("", "\\x", "\\x0", "\\x0g", "\\xAb", "plain", "\\001", "\\x 01"),
  ),
  date: fc.oneof(
    day,
    realDay,
    fc.constantFrom("infinity", "2000-02-29", "1900-02-29", "0000-01-01", "1-2-3", "2026-12-31 "),
  ),
  timestamp: instants,
  timestamptz: instants,
  "timestamptz(0)": instants,
};

test.each(Object.keys(TEXTS))(
  "what is stored is what the same text is, and what is refused is refused: %s",
  async (type) => {
    await makeTable(`v ${type}`);
    const texts = fc.sample(TEXTS[type]!, 300).filter((text) => text.isWellFormed() && text !== "now");
    const expected = await readByServer(type, texts);
    const good = texts.filter((_, i) => expected[i] !== undefined);
    // A cast cuts what is too long, and a column refuses it.
    const fitting: string[] = [];
    const bad: string[] = texts.filter((_, i) => expected[i] === undefined);
    for (const text of good) {
      const isLong = /char\(/.test(type) && [...text.trimEnd()].length > (type === "char(3)" ? 3 : 5);
      (isLong ? bad : fitting).push(text);
    }
    await pool.copyRows(
      config(
        ["v"],
        fitting.map((text) => [text]),
      ),
    );
    expect(await stored()).toEqual(
      fitting.map((text) =>
        expected[texts.indexOf(text)] === undefined ? null : expected[texts.indexOf(text)],
      ),
    );
    for (const text of bad.slice(0, 25))
      await expect(pool.copyRows(config(["v"], [[text]]))).rejects.toThrow(DatabaseError);
    const first = fitting.find((text) => BINARY.get(oidOf(type))?.(text) !== undefined);
    expect(first).toBeDefined();
  },
);

const OIDS: Readonly<Record<string, number>> = {
  boolean: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  json: 114,
  float8: 701,
  char: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
};
const oidOf = (type: string): number => OIDS[type.replace(/\(.*/, "").trim()]!;

test("every type that has a binary form is among these", () => {
  expect(new Set(Object.keys(TEXTS).map(oidOf))).toEqual(new Set(BINARY.keys()));
});

test("a character that nothing can hold is refused before it is sent", async () => {
  expect(() => BINARY.get(25)!("a\ud800")).toThrow(Unwritable);
  await makeTable("v text, w jsonb");
  for (const value of ["a\0b", "a\ud800"]) {
    await expect(pool.copyRows(config(["v"], [["é"], [value]]))).rejects.toThrow(ParameterError);
    await expect(pool.copyRows(config(["w"], [[`"${value}"`]]))).rejects.toThrow(ParameterError);
  }
  expect(await stored()).toEqual([]);
});

test("the server is told of the format", async () => {
  await makeTable("v int, w interval");
  const text = (column: string) =>
    `-- name: Load :copyfrom\nCOPY "public"."${table}" ("${column}") FROM STDIN`;
  expect(await textsOf(["v"], ["1"])).toEqual([`${text("v")} WITH (FORMAT binary)`]);
  expect(await textsOf(["w"], ["1 day"])).toEqual([text("w")]);
});

describe("a column", () => {
  const copy = (on: Queryable, rows: Iterable<Values>, columns = ["v"]): Promise<number> =>
    on.copyRows(config(columns, rows));

  test.each([
    ["wider", "int", "bigint", ["1", "9223372036854775807"]],
    ["a text", "int", "text", ["1", "2"]],
    ["as wide, and another thing", "bigint", "timestamptz", ["2026-12-01T00:00:00Z", "infinity"]],
    ["of a type without a binary form", "int", "interval", ["1 day", "2 days"]],
  ])(
    "that becomes %s is written as it is then, in a transaction and out of one",
    async (_, before, after, values) => {
      for (const inTransaction of [false, true]) {
        await makeTable(`v ${before}`);
        expect(await copy(pool, [["1"]])).toBe(1);
        await pool.execute(`delete from ${table}`);
        await pool.execute(`alter table ${table} drop column v, add column v ${after}`);
        const rows = values.map((value) => [value]);
        const work = (on: Queryable) => copy(on, rows);
        expect(await (inTransaction ? pool.transaction(work) : work(pool))).toBe(2);
        expect(await copy(pool, rows)).toBe(2);
        expect((await stored()).length).toBe(4);
      }
    },
  );

  test("of an enum, of a domain of a domain, and quoted, is written as what is beneath", async () => {
    await pool.execute("create type mood as enum ('fine', 'it''s ü')");
    await pool.execute("create domain positive as int check (value > 0)");
    await pool.execute("create domain small as positive check (value < 100)");
    await makeTable('"M ""ood" mood, v small');
    const columns = ['M "ood', "v"];
    expect(
      await copy(
        pool,
        [
          ["it's ü", "7"],
          [null, null],
        ],
        columns,
      ),
    ).toBe(2);
    expect(await stored(`"M ""ood"::text || v`)).toEqual(["it's ü7", null]);
    await expect(copy(pool, [["sad", "7"]], columns)).rejects.toMatchObject({ sqlState: "22P02" });
    await expect(copy(pool, [["fine", "100"]], columns)).rejects.toMatchObject({ sqlState: "23514" });
    await expect(copy(pool, [["fine"]], ["nothing"])).rejects.toMatchObject({ sqlState: "42703" });
  });

  test("that changes its type while COPY waits for its table keeps nothing of it", async () => {
    await makeTable("v bigint");
    await copy(pool, [["1"]]);
    const other = createPool({ connectionString: database.url, max: 1 });
    try {
      const blocking = await other.begin();
      // COPY waits for it, and what is asked in front does not.
      await blocking.query(statement(`lock table ${table} in share mode`));
      const [[pid]] = (await pool.query(statement("select pg_backend_pid()"))).rows as [[string]];
      const copying = copy(pool, [["2"]]);
      copying.catch(() => {});
      const waits = statement("select count(*) from pg_locks where pid = $1::int and not granted", [pid]);
      for (let i = 0; i < 2000 && (await blocking.query(waits)).rows[0]![0] !== "1"; i++);
      await blocking.query(
        statement(
          `alter table ${table} alter v type timestamptz using '2000-01-01Z'::timestamptz + v * interval '1 us'`,
        ),
      );
      await blocking.commit();
      await expect(copying).rejects.toMatchObject({ sqlState: "40001", isRetryable: true });
    } finally {
      await other.close();
    }
    expect((await stored()).length).toBe(1);
    expect(await copy(pool, [["2026-12-01T00:00:00Z"]])).toBe(1);
  });
});

test("rows that have no binary form are sent as text, with all that come after, in one transaction", async () => {
  await makeTable("v timestamptz check (v > '2000-01-01')");
  const good = ["2026-01-01T00:00:00Z", "2026-01-01 02:00:00+02", "infinity", "2026-01-02T00:00:00Z"];
  expect(
    await pool.copyRows(
      config(
        ["v"],
        good.map((v) => [v]),
      ),
    ),
  ).toBe(4);
  expect(await stored("v = '2026-01-01Z' or v > '2026-01-01'")).toEqual(["t", "t", "t", "t"]);
  await pool.execute(`delete from ${table}`);
  const refused = [...good, "1999-01-01 00:00:00+02"].map((v) => [v]);
  await expect(pool.copyRows(config(["v"], refused))).rejects.toMatchObject({ sqlState: "23514" });
  expect(await stored()).toEqual([]);
  // The source's own error, on either side.
  function* failing(count: number): Generator<Values> {
    for (let i = 0; i < count; i++) yield [good[i]!];
    throw new Error("mine");
  }
  for (const count of [0, 1, 3])
    await expect(pool.copyRows(config(["v"], failing(count)))).rejects.toThrow("mine");
  expect(await stored()).toEqual([]);
  expect(await pool.copyRows(config(["v"], []))).toBe(0);
});

describe("what happens at a statement's end happens once:", () => {
  /** The first has a binary form, and the second none. */
  const mixed: Values[] = [
    ["1", "2", "2026-01-01T00:00:00Z"],
    ["2", null, "infinity"],
    ["3", "1", "2026-01-01T00:00:00Z"],
  ];
  const columns = ["id", "parent", "at"];
  const logged = async (): Promise<unknown> =>
    (await pool.execute(`select n from ${table}_log order by n`)).rows;

  async function makeTree(rest = "", reference = `references ${table}`): Promise<void> {
    await pool.execute(
      `create table ${table} (id int primary key, parent int ${reference}, at timestamptz) ${rest}`,
    );
    await pool.execute(`create table ${table}_log (n int)`);
    await pool.execute(`create function ${table}_count() returns trigger language plpgsql as $$
      begin insert into ${table}_log select count(*) from ${table}; return null; end $$`);
  }
  beforeEach(() => {
    table = `t${++tables}`;
  });

  test("a key into the rows themselves, in whatever order they come", async () => {
    await makeTree();
    expect(await pool.copyRows(config(columns, mixed))).toBe(3);
  });

  test("a key into the whole of a partition, and into its partitions", async () => {
    await makeTree("partition by range (id)");
    const whole = table;
    await pool.execute(`create table ${whole}_p partition of ${whole} for values from (0) to (10)`);
    expect(await pool.copyRows(config(columns, mixed))).toBe(3);
    await pool.execute(`delete from ${whole}`);
    table = `${whole}_p`;
    expect(await pool.copyRows(config(columns, mixed))).toBe(3);
  });

  test.each([
    ["for each statement", "for each statement", [["3"]]],
    ["after each row", "for each row", [["3"], ["3"], ["3"]]],
  ])("a trigger %s", async (_, each, seen) => {
    await makeTree("", "");
    await pool.execute(
      `create trigger told after insert or update on ${table} ${each} execute function ${table}_count()`,
    );
    await pool.copyRows(config(columns, mixed));
    expect(await logged()).toEqual(seen);
  });

  test("a trigger of a partition's", async () => {
    await makeTree("partition by range (id)", "");
    await pool.execute(`create table ${table}_p partition of ${table} for values from (0) to (10)`);
    await pool.execute(
      `create trigger told after insert on ${table}_p for each row execute function ${table}_count()`,
    );
    await pool.copyRows(config(columns, mixed));
    expect(await logged()).toEqual([["3"], ["3"], ["3"]]);
  });

  test("a key that is added under a connection that has copied there", async () => {
    await makeTree("", "");
    await pool.copyRows(config(columns, [["9", null, "2026-01-01T00:00:00Z"]]));
    await pool.execute(`alter table ${table} add foreign key (parent) references ${table}`);
    expect(await pool.copyRows(config(columns, mixed))).toBe(3);
  });
});

/** The texts of the COPYs that the pool has under way when its rows are asked for. */
async function textsOf(columns: readonly string[], row: Values): Promise<unknown[]> {
  const other = createPool({ connectionString: database.url, max: 1 });
  const texts: unknown[] = [];
  const running =
    "select query from pg_stat_activity where query like '%COPY%' and datname = current_database() and pid <> pg_backend_pid()";
  async function* rows(): AsyncGenerator<Values> {
    texts.push(...(await other.execute(running)).rows.flat());
    yield row;
  }
  const { rows: _, ...of } = config(columns, []);
  await pool.copyRows({ ...of, rows: rows() });
  await other.close();
  return texts;
}

test("a table with keys into others, and triggers before rows, is copied to in the binary format", async () => {
  await pool.execute("create table others (id int primary key)");
  await pool.execute("insert into others values (1)");
  await makeTable("o int references others, v int");
  await pool.execute(
    "create function pass() returns trigger language plpgsql as $$ begin return new; end $$",
  );
  await pool.execute(`create trigger first before insert on ${table} for each row execute function pass()`);
  const texts = await textsOf(["o", "v"], ["1", "2"]);
  expect(texts).toEqual([expect.stringMatching(/WITH \(FORMAT binary\)$/)]);
});

test("as many columns as a table can have", async () => {
  const names = Array.from({ length: 1599 }, (_, i) => `c${i}`);
  await makeTable(names.map((name) => `${name} int`).join(", "));
  const rows = [names.map(() => "1"), names.map((_, i) => String(i))];
  expect(await pool.copyRows(config(names, rows))).toBe(2);
  expect(await stored("c0 + c1598")).toEqual(["2", "1598"]);
});

test("a column that has changed its type, and one that was missing, have the binary format after one COPY", async () => {
  await makeTable("v int");
  await pool.copyRows(config(["v"], [["1"]]));
  await expect(pool.copyRows(config(["v", "w"], [["1", "2"]]))).rejects.toMatchObject({ sqlState: "42703" });
  await pool.execute(`alter table ${table} alter v type bigint, add w int`);
  const binary = [expect.stringMatching(/WITH \(FORMAT binary\)$/)];
  expect(await textsOf(["v", "w"], ["1", "2"])).toEqual(binary);
  await pool.copyRows(config(["v"], [["1"]]));
  expect(await textsOf(["v"], ["2"])).toEqual(binary);
});

test("operators of a search path's are not asked for types", async () => {
  await makeTable("v int");
  await pool.execute("create schema odd");
  await pool.execute("create function odd.same(oid[], oid[]) returns boolean language sql as 'select false'");
  await pool.execute("create function odd.div(int, int) returns int language sql as 'select 1 / 0'");
  await pool.execute("create operator odd.= (leftarg = oid[], rightarg = oid[], function = odd.same)");
  await pool.execute("create operator odd./ (leftarg = int, rightarg = int, function = odd.div)");
  const copied = pool.transaction(async (tx) => {
    await tx.execute("set local search_path = odd, public, pg_catalog");
    return tx.copyRows(config(["v"], [["1"], ["2"]]));
  });
  expect(await copied).toBe(2);
});
