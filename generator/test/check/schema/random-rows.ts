import fc from "fast-check";

/** The types of columns, each with values that it takes; what stands in one of them is put into whatever a column is of, and stays away where that refuses it. */
const VALUES = {
  smallint: ["1", "-7", "32000"],
  integer: ["1", "0", "70000"],
  bigint: ["2", "9000000000"],
  "numeric(6,2)": ["1.25", "1234.5"],
  numeric: ["0.125", "123456.789", "NaN"],
  real: ["0.1", "1e20"],
  text: ["a", "", "12", "x y", "2026-02-03", "true", "a longer text than most", "{1,2}"],
  "varchar(5)": ["a", "12", "abcde"],
  "varchar(12)": ["a", "red", "abcdefghijkl"],
  "char(3)": ["a", "abc"],
  boolean: ["true", "false"],
  date: ["2026-02-03", "infinity"],
  timestamp: ["2026-02-03 04:05:06.789"],
  timestamptz: ["2026-02-03 04:05:06.789+00"],
  time: ["04:05:06.789"],
  interval: ["1 day 00:00:01.5"],
  "interval second(0)": ["00:00:01"],
  json: ['{"a": 1, "a": 2}', "[1]"],
  jsonb: ['{"a": 1}', "3", "null"],
  uuid: ["00000000-0000-0000-0000-000000000001"],
  bytea: ["\\x61"],
  "bit(3)": ["101"],
  "varbit(5)": ["10101"],
  inet: ["10.0.0.1/8", "10.0.0.1"],
  cidr: ["10.0.0.0/8"],
  int4range: ["[1,5)", "empty"],
  "integer[]": ["{1,2}", "{}", "{{1},{2}}"],
  "text[]": ["{a,12}", "{NULL}"],
  color: ["red", "blue", "grey"],
  "color[]": ["{red,blue}", "{}"],
  percent: ["5", "-3", "120"],
  "percent[]": ["{5}", "{5,-3}"],
  word: ["a", "abcdefgh", "12"],
  pair: ["(1,a)", "(,)", "(3,red)"],
  "pair[]": ['{"(1,a)",NULL}'],
} as const satisfies Record<string, readonly string[]>;

type Type = keyof typeof VALUES;
const TYPES = Object.keys(VALUES) as Type[];

/** Types of which one is likely to become another. */
const KIN: readonly (readonly Type[])[] = [
  ["smallint", "integer", "bigint", "numeric(6,2)", "numeric", "real", "percent", "boolean"],
  ["text", "varchar(5)", "varchar(12)", "char(3)", "word", "color", "date", "uuid", "integer"],
  ["date", "timestamp", "timestamptz", "time", "interval", "interval second(0)", "text"],
  ["json", "jsonb", "text"],
  ["bit(3)", "varbit(5)", "bytea", "integer"],
  ["inet", "cidr", "text"],
  ["integer[]", "text[]", "color[]", "percent[]", "pair[]", "integer", "text"],
  ["pair", "pair[]", "color", "color[]", "percent", "percent[]", "word"],
  ["int4range", "text"],
];

const NAMES = ["a", "b", "c", "d", "e"] as const;

interface Column {
  readonly type: Type;
  readonly notNull: boolean;
  readonly initial: boolean;
  readonly part:
    | ""
    | "unique"
    | "index"
    | "unique index"
    | "check"
    | "stored"
    | "view"
    | "exclude"
    | "statistics";
}

/** What a schema is made of; each of these may stand otherwise in the other one. */
interface Forms {
  readonly color: readonly string[];
  readonly percent: string;
  readonly word: string;
  readonly pair: string;
  readonly key: "" | "primary" | "identity" | "serial" | "two";
  readonly owner: "" | "plain" | "cascade" | "deferred" | "later";
  readonly parted: "" | "range" | "list" | "rest" | "hash";
  readonly typed: "" | "plain" | "keyed";
  readonly child: "" | "inherits" | "alone";
  readonly stored: "" | "all" | "unique";
  readonly columns: Readonly<Record<(typeof NAMES)[number], Column | null>>;
}

const column = (types: readonly Type[]): fc.Arbitrary<Column | null> =>
  fc.option(
    fc.record({
      type: fc.constantFrom(...types),
      notNull: fc.boolean(),
      initial: fc.boolean(),
      part: fc.constantFrom(
        ...([
          "",
          "",
          "",
          "unique",
          "index",
          "unique index",
          "check",
          "stored",
          "view",
          "exclude",
          "statistics",
        ] as const),
      ),
    }),
    { nil: null, freq: 9 },
  );

const others: { readonly [F in keyof Omit<Forms, "columns">]: fc.Arbitrary<Forms[F]> } = {
  color: fc.shuffledSubarray(["red", "blue", "grey"], { minLength: 1 }),
  percent: fc.constantFrom(
    "integer",
    "integer check (value >= 0)",
    "integer not null",
    "bigint default 3",
    "numeric(3,1)",
    "integer check (value > -5) check (value < 100)",
  ),
  word: fc.constantFrom(
    "text",
    "varchar(4)",
    "text check (value <> '')",
    "varchar(12) not null",
    'text collate "C"',
  ),
  pair: fc.constantFrom(
    "n integer, t text",
    "n bigint, t text",
    "t text, n integer",
    "n integer, t color",
    "n integer",
  ),
  key: fc.constantFrom("", "primary", "identity", "serial", "two"),
  owner: fc.constantFrom("", "plain", "cascade", "deferred", "later"),
  parted: fc.constantFrom("", "range", "list", "rest", "hash"),
  typed: fc.constantFrom("", "plain", "keyed"),
  child: fc.constantFrom("", "inherits", "alone"),
  stored: fc.constantFrom("", "all", "unique"),
};

const forms = fc.tuple(...NAMES.map(() => fc.constantFrom(...KIN, TYPES))).chain((kin) =>
  fc.record({
    from: ofKin(kin),
    to: ofKin(kin),
    changed: fc.subarray([...Object.keys(others), ...NAMES, ...NAMES], { minLength: 1, maxLength: 6 }),
  }),
);

function ofKin(kin: readonly (readonly Type[])[]): fc.Arbitrary<Forms> {
  const columns = Object.fromEntries(NAMES.map((name, i) => [name, column(kin[i]!)])) as Record<
    (typeof NAMES)[number],
    fc.Arbitrary<Column | null>
  >;
  return fc.record({ ...others, columns: fc.record(columns) }) as fc.Arbitrary<Forms>;
}

export interface Pair {
  readonly base: string;
  readonly head: string;
  /** Statements that put rows into the base; some of them it refuses. */
  readonly rows: readonly string[];
}

/** Two schemas of which the second has some of what the first has in other forms, and rows of the first. */
export const randomPair: fc.Arbitrary<Pair> = forms.chain(({ from, to, changed }) => {
  const pick = <K extends string, V>(keys: readonly K[], one: Record<K, V>, other: Record<K, V>) =>
    Object.fromEntries(keys.map((key) => [key, changed.includes(key) ? other[key] : one[key]]));
  const head = {
    ...(pick(Object.keys(from) as (keyof Forms)[], from, to) as unknown as Forms),
    columns: pick(NAMES, from.columns, to.columns) as Forms["columns"],
  };
  return fc
    .array(fc.array(fc.nat(9), { minLength: NAMES.length, maxLength: NAMES.length }), {
      minLength: 2,
      maxLength: 6,
    })
    .map((choices) => ({
      base: render(from).map(ended).join(""),
      head: render(head).map(ended).join(""),
      rows: rowsOf(from, choices),
    }));
});

const ended = (statement: string): string => `${statement};\n`;

/** Comparable, so that a CHECK, a key and an index can be made of it. */
const isOrdered = (type: Type): boolean => !/^(?:json|pair)/.test(type);

function render({ columns, ...f }: Forms): string[] {
  const there = NAMES.flatMap((name) => (columns[name] === null ? [] : [{ name, ...columns[name] }]));
  const lines = there.map(
    ({ name, type, notNull, initial }) =>
      `${name} ${type}${initial && !type.startsWith("pair") ? ` default '${firstOf(type, f)}'::${type}` : ""}${notNull ? " not null" : ""}`,
  );
  const parts = there.filter(({ type }) => isOrdered(type));
  const of = (part: Column["part"]) => parts.filter((one) => one.part === part);
  const id = {
    "": "id integer",
    primary: "id integer primary key",
    identity: "id integer generated by default as identity primary key",
    serial: "id serial",
    two: "id integer, other integer, primary key (id, other)",
  }[f.key];
  const reference = {
    "": "",
    plain: " references owner",
    cascade: " references owner on delete cascade",
    deferred: " references owner deferrable initially deferred",
    later: "",
  }[f.owner];
  const partitions = {
    "": [],
    range: [
      "_1 partition of log for values from (0) to (10)",
      "_2 partition of log for values from (10) to (20)",
    ],
    list: ["_1 partition of log for values in (1, 2)", "_2 partition of log for values in (11, null)"],
    rest: ["_1 partition of log for values from (0) to (10)", "_2 partition of log default"],
    hash: [
      "_1 partition of log for values with (modulus 2, remainder 0)",
      "_2 partition of log for values with (modulus 2, remainder 1)",
    ],
  }[f.parted];
  return [
    `create type color as enum (${f.color.map((label) => `'${label}'`).join(", ")})`,
    `create domain percent as ${f.percent}`,
    `create domain word as ${f.word}`,
    `create type pair as (${f.pair})`,
    "create table owner (id integer primary key)",
    `create table t (${[
      id,
      `owner integer${reference}`,
      ...lines,
      ...of("unique").map(({ name }) => `unique (${name})`),
      ...of("check").map(
        ({ name, type }) => `constraint ${name}_check check (${name} is distinct from '${firstOf(type, f)}')`,
      ),
      ...of("stored").map(({ name, type }) => `${name}_stored ${type} generated always as (${name}) stored`),
      ...of("exclude").map(
        ({ name, type }) =>
          `exclude using ${type === "int4range" ? `gist (${name} with &&)` : `btree (${name} with =)`}`,
      ),
    ].join(", ")})`,
    ...(f.owner === "later"
      ? ["alter table t add constraint owned foreign key (owner) references owner not valid"]
      : []),
    ...of("index").map(({ name }) => `create index ${name}_index on t (${name}) where ${name} is not null`),
    ...of("unique index").map(({ name }) => `create unique index ${name}_index on t (${name})`),
    ...of("statistics").map(({ name }) => `create statistics ${name}_statistics on ${name}, owner from t`),
    ...of("view").map(
      ({ name }) => `create view ${name}_view as select ${name}, count(*) from t group by ${name}`,
    ),
    ...(f.stored === ""
      ? []
      : ["create materialized view stored as select owner, count(*) as n from t group by owner"]),
    ...(f.stored === "unique" ? ["create unique index stored_n on stored (n)"] : []),
    `create table log (at integer, c color, w word${f.parted === "hash" ? " not null" : ""})${f.parted === "" ? "" : ` partition by ${f.parted === "rest" ? "range" : f.parted} (at)`}`,
    ...partitions.map((rest) => `create table log${rest}`),
    ...(f.typed === ""
      ? []
      : [`create table typed of pair${f.typed === "keyed" ? " (primary key (n))" : ""}`]),
    ...(f.child === ""
      ? []
      : [
          f.child === "alone"
            ? "create table child (extra text)"
            : "create table child (extra text) inherits (t)",
        ]),
  ];
}

/** A value that a type has whatever form its parts have. */
function firstOf(type: Type, { color }: Pick<Forms, "color">): string {
  if (type === "color") return color[0]!;
  if (type === "color[]") return `{${color[0]}}`;
  return VALUES[type][0]!;
}

function rowsOf({ columns, ...f }: Forms, choices: readonly (readonly number[])[]): string[] {
  const there = NAMES.flatMap((name) => (columns[name] === null ? [] : [{ name, type: columns[name].type }]));
  const isNumbered = f.key === "identity" || f.key === "serial";
  return [
    "insert into owner values (1), (2)",
    ...choices.map((choice, i) => {
      const values = there.map(({ type }, n) => {
        const all = VALUES[type];
        const one = choice[n]! > 7 ? undefined : all[choice[n]! % all.length];
        return one === undefined ? "null" : `'${one}'`;
      });
      const names = ["owner", ...there.map(({ name }) => name)];
      const given = [i === 0 ? "null" : String(i % 4), ...values];
      const keys = isNumbered ? {} : f.key === "two" ? { other: 1, id: i + 1 } : { id: i + 1 };
      return `insert into t (${[...Object.keys(keys), ...names].join(", ")}) values (${[...Object.values(keys), ...given].join(", ")})`;
    }),
    ...["1, 'red', 'a'", "11, 'blue', ''", "2, null, 'abcdefgh'", "null, 'grey', null"].map(
      (row) => `insert into log values (${row})`,
    ),
    ...(f.typed === ""
      ? []
      : [
          "insert into typed (n) values (1)",
          "insert into typed (n, t) values (2, 'red')",
          "insert into typed (n) values (1)",
        ]),
    ...(f.child === ""
      ? []
      : ["insert into child (extra) values ('x')", "insert into child (id, extra) values (1, 'y')"]),
    ...(f.stored === "" ? [] : ["refresh materialized view stored"]),
  ];
}
