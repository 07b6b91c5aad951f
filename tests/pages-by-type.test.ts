import { generateCode } from "./generate-code.ts";
import { sliceToRun } from "./long-form.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

// A cursor holds its keys as texts: of every type that has an order, each value is found again by them, and what follows it.

/** A type, and literals of its values: some are equal to others, or nearly. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  boolean: ["true", "false"],
  smallint: ["-32768", "0", "32767"],
  bigint: ["-9223372036854775808", "9223372036854775807", "9007199254740993"],
  real: ["'NaN'", "'-0'", "0", "1e-45", "3.4028235e38", "'-infinity'", "0.1"],
  "double precision": [
    "'NaN'",
    "'-0'",
    "0",
    "5e-324",
    "1.7976931348623157e308",
    "'infinity'",
    "0.1",
    "0.30000000000000004",
  ],
  numeric: ["'NaN'", "'infinity'", "1.0", "1.00", "0.1", "123456789012345678901234567890.123456789"],
  "numeric(6, 2)": ["1.005", "-1.5", "'NaN'"],
  money: ["'1.10'", "'-92233720368547758.08'", "'0'"],
  text: ["''", "'a'", "'B'", "'é'", "e'\\u0301'", "e'a\\nb'", "'a,b\"c'", "'null'", "'{}'", "'\\x00'"],
  "varchar(3)": ["'abc'", "'ab '", "''"],
  "char(4)": ["'ab'", "'abcd'", "''", "'b'"],
  bpchar: ["'ab'", "'abcd  '", "'b'"],
  '"char"': ["'a'", "''", "'ab'"],
  name: ["'a'", "'B'", "''"],
  bytea: ["'\\x'", "'\\x00'", "'\\xff00'", "'\\x5c'"],
  uuid: ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  date: ["'2026-02-01'", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'9999-12-31'"],
  time: ["'24:00'", "'00:00'", "'12:34:56.789012'"],
  timetz: ["'12:00+02'", "'12:00+00'", "'10:00+00'", "'14:00:00.000001+04'"],
  timestamp: ["'2026-01-01 00:00:00.000001'", "'infinity'", "'0001-01-01 BC'"],
  timestamptz: [
    "'2026-10-25 01:30:00+02'",
    "'2026-10-25 01:30:00+01'",
    "'-infinity'",
    "'1883-01-01 00:00:00+00'",
  ],
  "timestamptz(0)": ["'2026-10-25 01:30:00.5+02'", "'2026-10-25 01:30:00+01'"],
  interval: ["'1 mon'", "'30 days'", "'1 day'", "'24:00'", "'-1 year 2 mons -3 days 04:05:06.000007'"],
  "interval day to second": ["'1 day 2:03'", "'36:00'"],
  "bit(3)": ["B'101'", "B'000'", "B'111'"],
  "bit varying": ["B''", "B'1'", "B'10'", "B'01'"],
  inet: ["'10.0.0.1'", "'10.0.0.1/8'", "'::1'", "'10.0.0.0/8'"],
  cidr: ["'10.0.0.0/8'", "'10.0.0.0/16'", "'::/0'"],
  macaddr: ["'08:00:2b:01:02:03'", "'ff:00:00:00:00:00'"],
  macaddr8: ["'08:00:2b:01:02:03:04:05'", "'ff:00:00:00:00:00:00:00'"],
  jsonb: ["'null'", "'1'", "'1.00'", "'\"a\"'", "'{}'", "'{\"b\": [1, null]}'", "'[]'"],
  oid: ["'0'", "'4294967295'", "'7'"],
  xid8: ["'0'", "'18446744073709551615'"],
  pg_lsn: ["'0/0'", "'16/B374D848'"],
  tsvector: ["'a:1 b:2A'", "''", "'b'"],
  tsquery: ["'a & b'", "'a'", "'!a'"],
  regtype: ["'int4'", "'text'"],
  mood: ["'sad'", "'ok'", "'a b'"],
  level: ["1", "2"],
  levels: ["'{1,NULL}'", "'{}'", "'{2}'"],
  duo: ["'(1,)'", "'(,)'", '\'(2,"a,\\"b")\''],
  "duo[]": ["'{\"(1,)\",NULL}'", "'{}'"],
  "int4[]": ["'{1,2}'", "'[0:1]={1,2}'", "'{{1},{2}}'", "'{NULL}'", "'{}'"],
  "text[]": ['\'{"a,b",NULL,"NULL",""}\'', "'{}'", "'{a}'"],
  "float8[]": ["'{NaN,-0}'", "'{NaN,0}'", "'{0.1}'"],
  "char(2)[]": ["'{a,bc}'", "'{a}'"],
  "bit(2)[]": ["'{01,10}'", "'{11}'"],
  int4range: ["'empty'", "'[1,2)'", "'(,)'", "'[1,)'"],
  tstzrange: ["'[2026-01-01 00:00+00,)'", "'empty'"],
  int4multirange: ["'{}'", "'{[1,2),[5,)}'"],
};

const SCHEMA = `
create type mood as enum ('sad', 'ok', 'a b');
create domain level as int check (value > 0);
create domain levels as int[];
create type duo as (x int, y text);
create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
create table keys (id int primary key, ${Object.keys(TYPES)
  .map((type, i) => `k${i} ${type}, l${i} ${type} not null`)
  .join(", ")}, w text collate loose, v text not null collate loose);
`;

interface Page {
  readonly rows: readonly { readonly id: number }[];
  readonly next: string | null;
  readonly previous: string | null;
}
type Query = (
  client: unknown,
  args: { size: number; reverse: boolean; after?: string; before?: string },
) => Promise<Page>;

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  const count = 24;
  for (let id = 1; id <= count; id++) {
    const values = Object.entries(TYPES).flatMap(([type, literals]) => {
      const own = (n: number) => `(${literals[n % literals.length]})::${type}`;
      return [id % 5 === 0 ? "null" : own(id * 7), own(id * 5)];
    });
    const word = ["'a'", "'A'", "'á'", "'b'"];
    await database.pool.query(
      `insert into keys values (${[(id * 11) % 25, ...values, id % 5 === 0 ? "null" : word[id % 4], word[id % 3]].join(", ")})`,
    );
  }
});
afterAll(() => database?.drop());

const COLUMNS = [
  ...Object.keys(TYPES).map((type, i) => [type, `${i}`] as const),
  ["a loose collation", ""] as const,
];

/** Of each type one of its orders, and every order of some type. */
const WALKS = sliceToRun(
  "orders in which keys of a type are walked",
  COLUMNS.flatMap(([type, i], n) => {
    const [nullable, fixed] = i === "" ? ["w", "v"] : [`k${i}`, `l${i}`];
    const orders = [
      `${nullable} desc, id`,
      `${nullable} nulls first, id desc`,
      `${fixed}, id`,
      `${fixed} desc, id`,
    ];
    return [0, 1, 2, 3].map((o) => {
      const at = (o + n) % 4;
      return { type, query: `by${n}Order${at}`, order: orders[at]! };
    });
  }),
  4,
  { kindOf: ({ type }) => type },
);

test("keys of every type lead from page to page, and back", async () => {
  const queries = WALKS.map(
    ({ query, order }) =>
      `-- name: ${query} :many\n-- @keyset\nselect id from keys order by ${order} limit @size;\n`,
  );
  const { module, remove } = await generateCode<Record<string, Query>>(SCHEMA, queries.join("\n"), {
    driver: "pg",
  });
  try {
    const wrong: unknown[] = [];
    for (const { type, query: name, order } of WALKS) {
      const query = module[name]!;
      const { rows } = await database.pool.query(`select id from keys order by ${order}`);
      const all = rows.map(({ id }) => id as number);
      for (const reverse of [false, true]) {
        const walked: number[] = [];
        const back: number[] = [];
        try {
          let page = await query(database.pool, { size: 2, reverse });
          walked.push(...page.rows.map(({ id }) => id));
          while (page.next !== null && walked.length <= all.length) {
            page = await query(database.pool, { size: 2, reverse, after: page.next });
            walked.push(...page.rows.map(({ id }) => id));
          }
          back.push(...page.rows.map(({ id }) => id));
          while (page.previous !== null && back.length <= all.length) {
            page = await query(database.pool, { size: 2, reverse, before: page.previous });
            back.unshift(...page.rows.map(({ id }) => id));
          }
        } catch (error) {
          wrong.push([type, order, String(error)]);
        }
        const expected = reverse ? all.toReversed() : all;
        for (const one of [walked, back])
          if (one.join() !== expected.join()) wrong.push([type, order, reverse, one.join(), expected.join()]);
      }
    }
    expect(wrong).toEqual([]);
  } finally {
    remove();
  }
}, 300_000);
