/** The types of the round trip, `[name of the table, type]`. */
export const TYPES: readonly (readonly [string, string])[] = [
  ...(
    "bool int2 int4 int8 oid float4 float8 numeric money text bytea char name uuid json jsonb xml date time timetz " +
    "timestamp timestamptz interval inet cidr macaddr macaddr8 bit varbit point lseg box path polygon circle line " +
    "tsvector tsquery pg_lsn int4range int8range numrange tsrange tstzrange daterange int4multirange nummultirange " +
    "tstzmultirange jsonpath"
  )
    .split(" ")
    .map((name) => [name, name === "bit" ? "bit(3)" : name] as const),
  ["varchar", "varchar(20)"],
  ["bpchar", "char(5)"],
  ["amount", "numeric(12, 2)"],
  ["mood", "mood"],
  ["email", "email"],
  ["short", "short"],
  ["tree", "tree"],
  ["citext", "citext"],
  ["hstore", "hstore"],
];

export const SCHEMA = `
create extension citext;
create extension hstore;
create type mood as enum ('fine', 'it''s "so, so"', '{}', 'NULL', '\\');
create domain email as text check (value ~ '@');
create domain short as int check (value between -10 and 10);
create type leaf as (n int, x float8, note text, days daterange);
create type tree as (label text, tags text[], at timestamptz, "inner" leaf);
`;

const TEXTS = [
  "",
  " ",
  "NULL",
  "null",
  '"',
  "\\",
  "\\N",
  "\\.",
  "{}",
  "a,b",
  "(a)",
  "tab\tand\nnew\r\nline",
  "\u0001",
  "ünïcödé 🎉",
  "'; drop table t; --",
  "$1",
  "x".repeat(100_000),
];
const range = (lower: unknown, upper: unknown, bounds: string) => ({
  lower,
  upper,
  lowerInclusive: bounds[0] === "[",
  upperInclusive: bounds[1] === "]",
});

/** As PostgreSQL prints them; what is stored comes back in this form. */
const TEXT_FORMS: Readonly<Record<string, readonly unknown[]>> = {
  bool: [true, false],
  int2: [-32768, 32767, 0],
  int4: [-2147483648, 2147483647, 0],
  int8: ["-9223372036854775808", "9223372036854775807", "0", "9007199254740993"],
  oid: [0, 4294967295],
  float4: [0, -0, 1.5, 3.4028235e38, 1e-45, Number.NaN, Infinity, -Infinity],
  float8: [0, -0, 0.1, Number.MAX_VALUE, Number.MIN_VALUE, -1e-300, Number.NaN, Infinity, -Infinity],
  numeric: ["NaN", "Infinity", "-Infinity", "0", "0.00", "-1.10", `${"9".repeat(1000)}.${"1".repeat(1000)}`],
  amount: ["NaN", "0.00", "-9999999999.99", "19.90"],
  money: ["$0.00", "-$92,233,720,368,547,758.08", "$92,233,720,368,547,758.07"],
  text: TEXTS,
  varchar: ["", "NULL", "a,b", '"\\\t', "🎉".repeat(20)],
  bpchar: ["     ", "a    ", "NULL ", '",{}\\'],
  char: ["a", '"', "\\", ","],
  name: ["", "NULL", "x".repeat(63)],
  citext: ["", "MiXed", "NULL", '"'],
  bytea: [Buffer.alloc(0), Buffer.from([0, 255, 92, 34]), Buffer.from("\\x"), Buffer.alloc(2000, 7)],
  uuid: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  json: [
    0,
    -0,
    [-0, { "#-0": -0, a: "#-0" }],
    "",
    'a"b\\c\n\td',
    [],
    {},
    [null, 1, "x"],
    { a: { b: [true] }, "": 1.5 },
    true,
    "🎉",
  ],
  jsonb: [0, "", 'a"b\\c\n\td', [], {}, [null, 1, "x"], { a: { b: [true] }, "": 1.5 }, true, "🎉"],
  jsonpath: ['$."a"[*]?(@ > 1)', "$"],
  xml: ['<a b="c">&amp;</a>', 'text, "quoted"'],
  date: [
    "4713-01-01 BC",
    "0044-03-15 BC",
    "0001-01-01",
    "2024-02-29",
    "5874897-12-31",
    "infinity",
    "-infinity",
  ],
  time: ["00:00:00", "23:59:59.999999", "24:00:00"],
  timetz: ["00:00:00+15:59:59", "23:59:59.999999-15:59:59"],
  timestamp: [
    "4713-01-01 00:00:00 BC",
    "0001-01-01 00:00:00",
    "1999-12-31 23:59:59.999999",
    "294276-12-31 23:59:59.999999",
    "infinity",
    "-infinity",
  ],
  timestamptz: [
    "4713-01-01 00:00:00+00 BC",
    "0001-01-01 00:00:00+00",
    "1999-12-31 23:59:59.999999+00",
    "294276-12-31 23:59:59.999999+00",
    "infinity",
    "-infinity",
  ],
  interval: [
    "00:00:00",
    "-178000000 years",
    "1 year 2 mons 3 days 04:05:06.789",
    "-00:00:00.000001",
    "1 mon -1 days",
  ],
  inet: ["0.0.0.0", "192.168.1.5/24", "2001:db8::1", "::/0"],
  cidr: ["0.0.0.0/0", "192.168.1.0/24", "2001:db8::/32"],
  macaddr: ["08:00:2b:01:02:03"],
  macaddr8: ["08:00:2b:01:02:03:04:05"],
  bit: ["101", "000"],
  varbit: ["", "1", "0".repeat(100)],
  point: ["(0,0)", "(-1.5,1e+300)", "(Infinity,NaN)"],
  lseg: ["[(0,0),(1,1)]"],
  box: ["(2,2),(1,1)"],
  path: ["((0,0),(1,1))", "[(0,0),(1,1)]"],
  polygon: ["((0,0),(1,1),(2,0))"],
  circle: ["<(0,0),1.5>"],
  line: ["{1,-1,0}"],
  tsvector: ["", "'a' 'it''s':1,2A", "'\\\\' 'quoted\"'"],
  tsquery: ["", "'a' & !'b'", "'it''s' <-> 'x':*"],
  pg_lsn: ["0/0", "FFFFFFFF/FFFFFFFF"],
  mood: ["fine", 'it\'s "so, so"', "{}", "NULL", "\\"],
  email: ["a@b", '"quoted, {}\\"@b'],
  short: [-10, 0, 10],
  hstore: [{}, { a: "1", b: null, "": "", 'x"\\': "=>, NULL", NULL: "NULL" }],
  int4range: [
    "empty",
    range(1, 5, "[)"),
    range(null, 5, "()"),
    range(null, null, "()"),
    range(-2147483648, null, "[)"),
  ],
  int8range: ["empty", range("-9223372036854775808", "9223372036854775807", "[)")],
  numrange: [
    "empty",
    range("1.5", "2.5", "(]"),
    range("-Infinity", "Infinity", "[]"),
    range(null, "0", "(]"),
  ],
  tsrange: [
    "empty",
    range("2024-02-29 00:00:00", "infinity", "[]"),
    range(null, "0044-03-15 00:00:00 BC", "()"),
  ],
  tstzrange: ["empty", range("-infinity", "2024-02-29 12:00:00.5+00", "[)")],
  daterange: ["empty", range("2024-02-29", "2024-03-01", "[)"), range("0044-03-15 BC", null, "[)")],
  int4multirange: [[], [range(1, 2, "[)"), range(4, null, "[)")], [range(null, null, "()")]],
  nummultirange: [[], [range("1.5", "2", "(]"), range("3", "4.0", "[)")]],
  tstzmultirange: [[], [range("2024-01-01 00:00:00+00", "2024-01-02 00:00:00+00", "[)")]],
  tree: [
    { label: null, tags: null, at: null, inner: null },
    { label: "", tags: [], at: "infinity", inner: { n: null, x: null, note: null, days: null } },
    {
      label: 'a"b\\c,(d)\n',
      tags: ["", null, 'x"y\\', "NULL", "(,)"],
      at: "2024-02-29 12:00:00+00",
      inner: { n: -1, x: -0, note: 'deep "quotes" \\ and ,', days: range("2024-01-01", null, "[)") },
    },
  ],
};

const at = (text: string): Date => new Date(text);
const TIMES = [
  at("-004712-01-01T00:00:00Z"),
  at("0000-01-01T00:00:00Z"),
  at("0001-01-01T00:00:00Z"),
  at("1969-12-31T23:59:59.999Z"),
  at("2024-02-29T12:00:00.123Z"),
  at("9999-12-31T23:59:59.999Z"),
  at("+275760-09-13T00:00:00Z"),
];
const DAYS = [at("-004712-01-01T00:00:00Z"), at("2024-02-29T00:00:00Z"), at("+275760-09-13T00:00:00Z")];

/** Those as bigint and Date. */
const OBJECT_FORMS: Readonly<Record<string, readonly unknown[]>> = {
  int8: [-(2n ** 63n), 2n ** 63n - 1n, 0n],
  int8range: [range(-(2n ** 63n), 2n ** 63n - 1n, "[)")],
  date: DAYS,
  timestamp: TIMES,
  timestamptz: TIMES,
  daterange: [range(DAYS[0], DAYS[1], "[)"), range(null, DAYS[2], "()")],
  tsrange: [range(TIMES[0], TIMES[6], "[]")],
  tstzrange: [range(TIMES[1], TIMES[4], "(]")],
  tstzmultirange: [[range(TIMES[1], TIMES[2], "[)"), range(TIMES[4], null, "[)")]],
  tree: [
    {
      label: "x",
      tags: null,
      at: TIMES[0],
      inner: { n: 1, x: 1.5, note: "", days: range(DAYS[0], DAYS[1], "[)") },
    },
  ],
};

/** Those as number, with ranges as text. */
const NUMBER_FORMS: Readonly<Record<string, readonly unknown[]>> = {
  int8: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0],
  numeric: [0, -1.1, 1e100, Number.NaN, Infinity],
  amount: [0, 19.9],
  int4range: ["empty", "[1,5)", "(,)"],
  int8range: ["[-9223372036854775808,9223372036854775807)"],
  numrange: ["(1.5,2.5]"],
  tsrange: ['["2024-02-29 00:00:00",infinity]'],
  tstzrange: ['[-infinity,"2024-02-29 12:00:00.5+00")'],
  daterange: ["[2024-02-29,2024-03-01)"],
  int4multirange: ["{}", "{[1,2),[4,)}"],
  nummultirange: ["{(1.5,2]}"],
  tstzmultirange: ['{["2024-01-01 00:00:00+00","2024-01-02 00:00:00+00")}'],
  tree: [{ label: "x", tags: null, at: null, inner: { n: 1, x: null, note: null, days: "[2024-01-01,)" } }],
};

const pick =
  (forms: Readonly<Record<string, readonly unknown[]>>) =>
  (name: string): readonly unknown[] => {
    const values = forms[name] ?? TEXT_FORMS[name];
    if (values === undefined) throw new Error(`no values for ${name}`);
    return values;
  };

/** Values of each type at its edges, by how they are mapped. */
export const EXTREMES = { text: pick({}), objects: pick(OBJECT_FORMS), numbers: pick(NUMBER_FORMS) };
