import fc from "fast-check";

const COLUMNS = ["a", "b", "c", "d"] as const;
const TYPES = [
  "integer",
  "bigint",
  "text",
  "varchar(10)",
  "varchar(20)",
  "numeric(8,2)",
  "boolean",
  "date",
  "timestamptz",
  "integer[]",
  "jsonb",
  "color",
  "color[]",
  "percent",
  "pair",
] as const;

interface Column {
  readonly type: (typeof TYPES)[number];
  readonly notNull: boolean;
  readonly initial: boolean;
  readonly unusual: number;
  readonly comment: number;
}

function table() {
  return fc.option(
    fc.record({
      id: fc.constantFrom("integer", "bigint"),
      identity: fc.constantFrom(null, "always", "by default"),
      key: fc.boolean(),
      order: fc.shuffledSubarray([...COLUMNS]),
      columns: fc.record(
        Object.fromEntries(COLUMNS.map((name) => [name, column()])) as Record<string, fc.Arbitrary<Column>>,
      ),
      generated: fc.constantFrom(null, "id * 2", "id + 1", "twice(3)"),
      check: fc.constantFrom(null, "id > 0", "id > 1", "twice(2) > 1"),
      unique: fc.boolean(),
      index: fc.constantFrom(null, "(id)", "(id desc)", "(id) where id > 5", "((id + 1))"),
      reference: fc.constantFrom(null, "", "on delete cascade"),
      trigger: fc.constantFrom(null, "before insert", "after update", "before update of id"),
      policy: fc.constantFrom(null, "id > 0", "id < 0", "true"),
      options: fc.constantFrom(null, "fillfactor = 50", "fillfactor = 60, autovacuum_enabled = false"),
      unlogged: fc.boolean(),
      comment: fc.constantFrom(null, "one", "it's two"),
      granted: fc.subarray(["select", "insert", "update"]),
    }),
    { nil: null, freq: 5 },
  );
}

function column(): fc.Arbitrary<Column> {
  return fc.record({
    type: fc.constantFrom(...TYPES),
    notNull: fc.boolean(),
    initial: fc.boolean(),
    unusual: fc.nat(20),
    comment: fc.nat(8),
  });
}

/** Random schemas as SQL text, from a small pool of names, so that two of them have much in common and little the same. */
export const randomSchema: fc.Arbitrary<string> = fc
  .record({
    color: fc.option(fc.shuffledSubarray(["red", "green", "blue", "grey"], { minLength: 1 }), { nil: null }),
    percent: fc.option(
      fc.record({
        base: fc.constantFrom("integer", "bigint"),
        notNull: fc.boolean(),
        initial: fc.constantFrom(null, 0, 7),
        check: fc.constantFrom(null, "value >= 0", "value > -5"),
      }),
      { nil: null },
    ),
    pair: fc.option(
      fc.constantFrom("a integer, b text", "a bigint, b text", "a integer, b text, c date", "a integer"),
      {
        nil: null,
      },
    ),
    counter: fc.option(fc.constantFrom("", "increment by 5", "as smallint cycle", "start 9 cache 2"), {
      nil: null,
    }),
    twice: fc.record({
      result: fc.constantFrom("integer", "bigint"),
      argument: fc.constantFrom("n", "x"),
      body: fc.constantFrom("* 2", "+ 2"),
    }),
    tables: fc.tuple(table(), table(), table()),
    views: fc.record({
      first: fc.constantFrom(null, "id", "id, a", "id, a, b", "a, id"),
      where: fc.boolean(),
      second: fc.boolean(),
      stored: fc.boolean(),
      guarded: fc.boolean(),
    }),
    log: fc.option(
      fc.record({
        key: fc.boolean(),
        extra: fc.boolean(),
        months: fc.subarray([1, 2, 3]),
        detached: fc.subarray([1, 2, 3]),
        rest: fc.boolean(),
        indexed: fc.boolean(),
      }),
      { nil: null },
    ),
    inherited: fc.constantFrom(null, "", "own integer"),
  })
  .map(render);

interface Parts {
  readonly color: readonly string[] | null;
  readonly percent: {
    readonly base: string;
    readonly notNull: boolean;
    readonly initial: number | null;
    readonly check: string | null;
  } | null;
  readonly pair: string | null;
  readonly counter: string | null;
  readonly twice: { readonly result: string; readonly argument: string; readonly body: string };
  readonly tables: readonly (Table | null)[];
  readonly views: {
    readonly first: string | null;
    readonly where: boolean;
    readonly second: boolean;
    readonly stored: boolean;
    readonly guarded: boolean;
  };
  readonly log: {
    readonly key: boolean;
    readonly extra: boolean;
    readonly months: readonly number[];
    readonly detached: readonly number[];
    readonly rest: boolean;
    readonly indexed: boolean;
  } | null;
  readonly inherited: string | null;
}
type Table = NonNullable<ReturnType<typeof table> extends fc.Arbitrary<infer T> ? T : never>;

function render(parts: Parts): string {
  const { color, percent, pair, counter, twice, tables, views, log, inherited } = parts;
  const sql: string[] = [];
  if (color) sql.push(`create type color as enum (${color.map((label) => `'${label}'`).join(", ")})`);
  if (percent) {
    sql.push(
      `create domain percent as ${percent.base}${percent.initial === null ? "" : ` default ${percent.initial}`}${
        percent.notNull ? " not null" : ""
      }${percent.check === null ? "" : ` constraint percent_range check (${percent.check})`}`,
    );
  }
  if (pair !== null) sql.push(`create type pair as (${pair})`);
  if (counter !== null) sql.push(`create sequence counter ${counter}`);
  sql.push(
    `create function twice(${twice.argument} integer) returns ${twice.result} language sql immutable as 'select $1 ${twice.body}'`,
    "create function touch() returns trigger language plpgsql as 'begin return new; end'",
  );
  for (const [i, each] of tables.entries()) if (each) sql.push(...renderTable(`t${i + 1}`, each, parts));
  const [first] = tables;
  const has = (name: string): boolean =>
    first?.order.some((one) => one === name && known(first.columns[one]!, parts)) ?? false;
  if (first && views.first !== null) {
    const list = views.first.split(", ").filter((name) => name === "id" || has(name));
    sql.push(
      `create view v1 ${views.guarded ? "with (security_barrier) " : ""}as select ${list.join(", ")} from t1${views.where ? " where id > 3" : ""}`,
    );
    if (views.second && list.includes("id")) sql.push("create view v2 as select id, twice(2) as d from v1");
    if (views.stored) {
      sql.push("create materialized view m1 as select count(*) as n from v1", "create index m1_n on m1 (n)");
    }
  }
  if (log) {
    const columns = `at integer not null, id integer not null${log.extra ? ", extra text default 'x'" : ""}`;
    sql.push(
      `create table log (${columns}${log.key ? ", primary key (id, at)" : ""}) partition by range (at)`,
    );
    for (const month of log.months) {
      sql.push(`create table log_${month} partition of log for values from (${month}0) to (${month}9)`);
    }
    for (const month of log.detached)
      if (!log.months.includes(month)) sql.push(`create table log_${month} (${columns})`);
    if (log.rest) sql.push("create table log_rest partition of log default");
    if (log.indexed) sql.push("create index log_at on log (at)");
  }
  if (inherited !== null && tables[1]) sql.push(`create table child (${inherited}) inherits (t2)`);
  return sql.map((statement) => `${statement};\n`).join("");
}

/** Whether what a column's type names is there. */
function known({ type }: Column, { color, percent, pair }: Parts): boolean {
  if (type.startsWith("color")) return color !== null;
  if (type === "percent") return percent !== null;
  return type !== "pair" || pair !== null;
}

function initialValue(type: string, unusual: number, { color, counter }: Parts): string {
  switch (type) {
    case "integer":
    case "bigint":
      return unusual > 15 && counter !== null
        ? "nextval('counter')"
        : unusual > 10
          ? "twice(4)"
          : String(unusual % 3);
    case "percent":
      return "3";
    case "numeric(8,2)":
      return unusual > 10 ? "1.50" : "0";
    case "boolean":
      return "true";
    case "date":
      return "current_date";
    case "timestamptz":
      return "now()";
    case "integer[]":
      return "'{1}'";
    case "jsonb":
      return "'{}'";
    case "color":
      return `'${color![0]}'`;
    case "color[]":
      return `'{${color!.at(-1)}}'`;
    case "pair":
      return "null";
    default:
      return unusual > 10 ? "'it''s'" : "''";
  }
}

function renderTable(name: string, t: Table, parts: Parts): string[] {
  const columns = t.order.filter((one) => known(t.columns[one]!, parts));
  const lines = [
    `id ${t.id}${t.identity === null ? "" : ` generated ${t.identity} as identity`}${t.key ? " primary key" : ""}`,
    ...columns.map((one) => {
      const { type, notNull, initial, unusual } = t.columns[one]!;
      return `${one} ${type}${initial ? ` default ${initialValue(type, unusual, parts)}` : ""}${notNull ? " not null" : ""}`;
    }),
    ...(t.generated === null ? [] : [`g bigint generated always as (${t.generated}) stored`]),
    ...(t.check === null ? [] : [`constraint ${name}_check check (${t.check})`]),
    ...(t.unique
      ? [
          `unique (${["id", ...columns.filter((one) => t.columns[one]!.type !== "pair")].slice(0, 2).join(", ")})`,
        ]
      : []),
    ...(t.reference === null || !parts.tables[0]?.key || parts.tables[0].unlogged !== t.unlogged
      ? []
      : [`constraint ${name}_ref foreign key (id) references t1 ${name === "t1" ? "" : t.reference}`]),
  ];
  return [
    `create ${t.unlogged ? "unlogged " : ""}table ${name} (${lines.join(", ")})${t.options === null ? "" : ` with (${t.options})`}`,
    ...(t.index === null ? [] : [`create index ${name}_index on ${name} ${t.index}`]),
    ...(t.trigger === null
      ? []
      : [`create trigger touched ${t.trigger} on ${name} for each row execute function touch()`]),
    ...(t.policy === null
      ? []
      : [
          `alter table ${name} enable row level security`,
          `create policy own on ${name} using (${t.policy})`,
        ]),
    ...(t.comment === null ? [] : [`comment on table ${name} is '${t.comment.replaceAll("'", "''")}'`]),
    ...columns.flatMap((one) =>
      t.columns[one]!.comment > 5 ? [`comment on column ${name}.${one} is '${t.columns[one]!.comment}'`] : [],
    ),
    ...(t.granted.length === 0 ? [] : [`grant ${t.granted.join(", ")} on ${name} to public`]),
  ];
}
