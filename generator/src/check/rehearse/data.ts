import type { Catalog, Relation, RelationColumn } from "../../model/catalog.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { escapeLiteral, quoteIdentifier, quoteLiteral, unquote } from "../../sql/quoting.ts";
import { type Facts, rulesOf } from "../verify/facts.ts";
import { candidates, PLACES } from "../verify/trial/samples.ts";
import { matchedBy, suggestedBy } from "../verify/trial/suggested.ts";
import type { FewerRows } from "./model.ts";

interface ForeignKey {
  /** `schema.name`, as the tables it is between are named everywhere here. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly parent: string;
  /** The same as SQL writes it. */
  readonly parentName: string;
  readonly parentColumns: readonly string[];
}

/** How many rows are tried before all are stored. */
const SAMPLE = 20;
/** How often other values are tried where a rule refuses them. */
const ATTEMPTS = 60;
/** And how often where all rows were too many: each time takes long. */
const WHOLE_ATTEMPTS = 5;

/**
 * Fills every table with rows that its keys, references, CHECKs and enums allow; triggers do not run. Where keys leave room for fewer, there are fewer.
 * @returns how many rows each table has, and what a row more would have in each column, by `schema.table.column`
 */
export async function generateRows(
  engine: Engine,
  facts: Facts,
  rows: number,
  onTable: (table: string, of: string) => void = () => {},
): Promise<{
  readonly counts: Readonly<Record<string, number>>;
  readonly fewer: readonly FewerRows[];
  readonly next: ReadonlyMap<string, string>;
}> {
  const next = new Map<string, string>();
  const tables = facts.catalog.relations.filter(
    ({ kind, partitionOf }) => (kind === "table" || kind === "partitioned table") && partitionOf === null,
  );
  const keys = await readForeignKeys(engine);
  const bounds = await readBounds(engine);
  const counts: Record<string, number> = {};
  const fewer: FewerRows[] = [];
  const isQuiet = await attempt(engine, "set session_replication_role = replica");
  const ordered = inOrder(tables, keys);
  for (const [i, table] of ordered.entries()) {
    const name = nameOf(table);
    onTable(name, `${i + 1} of ${ordered.length}`);
    if (isQuiet !== null) await attempt(engine, `alter table ${name} disable trigger user`);
    const [{ n = 0 } = {}] = await engine.run(`select count(*)::int as n from ${name}`);
    const missing = rows - Number(n);
    const isDeferred = facts.constraints.some(
      ({ table: of, definition }) =>
        of === `${table.schema}.${table.name}` &&
        /^(?:UNIQUE|PRIMARY KEY|EXCLUDE)\b.* DEFERRABLE\b/s.test(definition),
    );
    const range = { from: Number(n) + 1, to: rows, counts, next, isDeferred };
    const why = missing > 0 ? await fill(engine, { ...facts, bounds }, table, keys, range) : null;
    if (isQuiet !== null) await attempt(engine, `alter table ${name} enable trigger user`);
    const [{ n: now = 0 } = {}] = await engine.run(`select count(*)::int as n from ${name}`);
    const key = `${table.schema}.${table.name}`;
    counts[key] = Number(now);
    if (Number(now) < rows) fewer.push({ table: key, rows: Number(now), why });
  }
  if (isQuiet === null) await engine.run("set session_replication_role = origin");
  await attempt(
    engine,
    `select setval(s.seqrelid, greatest(s.seqstart, ${rows} + 1)) from pg_sequence s where s.seqincrement > 0 and s.seqmax > ${rows}`,
  );
  await refreshViews(engine);
  await engine.run("analyze");
  return { counts, fewer, next };
}

const nameOf = ({ schema, name }: Pick<Relation, "schema" | "name">): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/** Puts what is referred to first; what refers to itself or in a circle comes in the order of the list. */
function inOrder(tables: readonly Relation[], keys: readonly ForeignKey[]): Relation[] {
  const done = new Set<string>();
  const ordered: Relation[] = [];
  const visit = (table: Relation, path: ReadonlySet<string>): void => {
    const key = `${table.schema}.${table.name}`;
    if (done.has(key) || path.has(key)) return;
    for (const { table: own, parent } of keys) {
      const other = own === key ? tables.find((one) => `${one.schema}.${one.name}` === parent) : undefined;
      if (other !== undefined) visit(other, new Set([...path, key]));
    }
    if (done.has(key)) return;
    done.add(key);
    ordered.push(table);
  };
  for (const table of tables) visit(table, new Set());
  return ordered;
}

interface Range {
  readonly from: number;
  readonly to: number;
  /** Of the rows of the tables that are full already. */
  readonly counts: Readonly<Record<string, number>>;
  /** What the row behind the last one would have, by `schema.table.column`. */
  readonly next: Map<string, string>;
  /** Whether a key of the table may be checked at the end: PostgreSQL then passes over no row that is there already. */
  readonly isDeferred: boolean;
}

/** Gives what PostgreSQL says where nothing that is tried will do. */
async function fill(
  engine: Engine,
  facts: FactsOfRows,
  table: Relation,
  keys: readonly ForeignKey[],
  range: Range,
): Promise<string | null> {
  const key = `${table.schema}.${table.name}`;
  const columns = table.columns.filter(
    ({ generated, name }) => !generated || facts.identities.has(`${key}.${name}`),
  );
  const choices = new Map<string, readonly string[]>();
  for (const column of columns) choices.set(column.name, await expressionsFor(engine, facts, key, column));
  const at = new Map(columns.map(({ name }) => [name, 0]));
  const isRequired = (name: string): boolean => columns.some((one) => one.name === name && !one.nullable);
  const own = keys.filter((one) => one.table === key).sort((a, b) => b.columns.length - a.columns.length);
  // What refers to another row has that row's values, or none.
  for (const name of own.flatMap((one) => one.columns))
    if (!isRequired(name)) choices.set(name, [choices.get(name)?.[0] ?? "null", "null"]);
  let refused: PostgresError | null = null;
  /** The values of which a few rows were taken, and not all. */
  let taken: ReadonlyMap<string, number> | null = null;
  let whole = 0;
  const value = (name: string): string => choices.get(name)?.[at.get(name) ?? 0] ?? "null";
  const store = (to: number): Promise<PostgresError | null> =>
    attempt(engine, insertion(table, columns, own, value, { ...range, to }));
  /** Other values that are all the same to a key are no better than fewer rows. */
  const storeMost = async (to: number): Promise<PostgresError | null> => {
    const [{ n: before = 0 } = {}] = await engine.run(`select count(*)::int as n from ${nameOf(table)}`);
    const error = await attempt(engine, `begin; ${insertion(table, columns, own, value, { ...range, to })}`);
    if (error !== null) return error;
    const [{ n = 0 } = {}] = await engine.run(`select count(*)::int as n from ${nameOf(table)}`);
    const isMost = Number(n) - Number(before) > (to - range.from) / 2;
    await engine.run(isMost ? "commit" : "rollback");
    return isMost ? null : refused;
  };
  for (let turn = 0; turn < ATTEMPTS; turn++) {
    const few = insertion(table, columns, own, value, {
      ...range,
      to: Math.min(range.to, range.from + SAMPLE),
    });
    let error = await attempt(engine, `begin; ${few}; rollback`);
    if (error === null) {
      error = taken === null ? await store(range.to) : await storeMost(range.to);
      if (error === null) {
        await noteNext(engine, key, columns, value, range);
        // Where keys leave room for few of these, that is why there are no others.
        return refused?.message ?? null;
      }
      taken ??= new Map(at);
      whole++;
    }
    refused = error;
    if (whole === WHOLE_ATTEMPTS) break;
    const rule = /constraint "([^"]+)"/.exec(error.message)?.[1];
    const about =
      facts.constraints.find((one) => one.table === key && one.name === rule)?.columns ??
      (NO_PARTITION.test(error.message) ? keysOf(facts.bounds, key) : []);
    const open = about.filter((name) => (at.get(name) ?? 0) + 1 < (choices.get(name)?.length ?? 0));
    const next = open[turn % Math.max(open.length, 1)];
    if (next === undefined) break;
    at.set(next, (at.get(next) ?? 0) + 1);
  }
  if (taken === null) return refused?.message ?? null;
  for (const [name, choice] of taken) at.set(name, choice);
  for (let n = range.to - range.from + 1; n > SAMPLE; n = Math.ceil(n / 2)) {
    const to = range.from + n - 1;
    const error = await store(to);
    if (error === null) {
      await noteNext(engine, key, columns, value, { ...range, to });
      break;
    }
    refused = error;
  }
  return refused?.message ?? null;
}

/** Notes what the row behind the last one would have. */
async function noteNext(
  engine: Engine,
  table: string,
  columns: readonly RelationColumn[],
  value: (column: string) => string,
  { to, next }: Pick<Range, "to" | "next">,
): Promise<void> {
  const all = columns.map(({ name }) => `(${value(name)})::text`);
  const [row] = await engine.run(
    `select array[${all.join(", ")}] as all from (select ${to}::bigint + 1 as i) as n`,
  );
  for (const [k, { name }] of columns.entries()) {
    const text = (row!.all as (string | null)[])[k];
    if (text != null) next.set(`${table}.${name}`, text);
  }
}

/** One INSERT of all rows: each number gives a row, and its references are to rows that are there. */
function insertion(
  table: Relation,
  columns: readonly RelationColumn[],
  keys: readonly ForeignKey[],
  value: (column: string) => string,
  { from, to, counts, isDeferred }: Range,
): string {
  if (columns.length === 0) return `insert into ${nameOf(table)} default values`;
  const taken = new Map<string, string>();
  const joins: string[] = [];
  // The second reference moves on when the first has been through: pairs of both are all different.
  let number = "(i - 1)";
  for (const [k, { parent, parentName, columns: own, parentColumns }] of keys.entries()) {
    const count = counts[parent] ?? 0;
    const open = own.flatMap((name, n) => (taken.has(name) ? [] : [[name, parentColumns[n]!] as const]));
    if (open.length === 0) continue;
    const isOwn = parent === `${table.schema}.${table.name}`;
    const isLeftOut = open.some(([name]) => value(name) === "null");
    if (isOwn || count === 0 || isLeftOut) {
      const isNullable = open.every(([name]) => columns.find((column) => column.name === name)?.nullable);
      for (const [name, other] of open) taken.set(name, isNullable ? "null" : value(isOwn ? other : name));
      continue;
    }
    const shared = own.flatMap((name, n) => (taken.has(name) ? [[name, parentColumns[n]!] as const] : []));
    const by = shared.map(([, other]) => quoteIdentifier(other)).join(", ");
    const within = by === "" ? "" : `partition by ${by}`;
    const on = shared.map(([name, other]) => `p${k}.${quoteIdentifier(other)} = ${taken.get(name)}`);
    const of = by === "" ? String(count) : `p${k}.cnt`;
    const list = parentColumns.map(quoteIdentifier).join(", ");
    joins.push(
      `join (select ${list}, row_number() over (${within}) - 1 as n, count(*) over (${within}) as cnt from ${parentName}) as p${k}
       on ${[...on, `p${k}.n = ${number} % ${of}`].join(" and ")}`,
    );
    if (by === "") number = `(${number} + (i - 1) / ${count})`;
    for (const [one, other] of open) taken.set(one, `p${k}.${quoteIdentifier(other)}`);
  }
  const names = columns.map((column) => quoteIdentifier(column.name)).join(", ");
  const values = columns.map(({ name }) => taken.get(name) ?? value(name)).join(", ");
  return `insert into ${nameOf(table)} (${names}) overriding system value
    select ${values} from generate_series(${from}::bigint, ${to}::bigint) as i ${joins.join(" ")}${isDeferred ? "" : " on conflict do nothing"}`;
}

/** Materialized views have been filled when there were no rows. */
async function refreshViews(engine: Engine): Promise<void> {
  const views = await engine.run(
    "select oid::regclass::text as name from pg_class where relkind = 'm' and relispopulated order by oid",
  );
  for (const { name } of views)
    await attempt(
      engine,
      `begin; set local statement_timeout = ${REFRESH_LIMIT}; refresh materialized view ${String(name)}; commit`,
    );
}

/** Milliseconds; a view that takes longer stays empty. */
const REFRESH_LIMIT = 60_000;

/** What PostgreSQL says of a row that no partition takes. */
const NO_PARTITION = /^no partition of relation/;

interface FactsOfRows extends Facts {
  /** Values that partitions take, by `schema.table.column` of the table above all of them. */
  readonly bounds: ReadonlyMap<string, readonly string[]>;
}

const keysOf = (bounds: FactsOfRows["bounds"], table: string): string[] =>
  [...bounds.keys()].flatMap((path) => (path.startsWith(`${table}.`) ? [path.slice(table.length + 1)] : []));

/** Reads which values the partitions of each table take that is cut by a single column; where one takes all others, none is needed. */
async function readBounds(engine: Engine): Promise<Map<string, string[]>> {
  const rows = await engine.run(
    `select n.nspname || '.' || r.relname || '.' || a.attname as path, array_agg(pg_get_expr(k.relpartbound, k.oid) order by k.oid) as bounds
     from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
     join pg_class r on r.oid = pg_partition_root(c.oid) join pg_namespace n on n.oid = r.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
     join pg_inherits i on i.inhparent = c.oid join pg_class k on k.oid = i.inhrelid
     where p.partnatts = 1 and p.partattrs[0] <> 0 and p.partstrat <> 'h' group by 1 having bool_and(pg_get_expr(k.relpartbound, k.oid) <> 'DEFAULT')`,
  );
  return new Map(
    rows.flatMap(({ path, bounds }) => {
      const values = (bounds as string[]).flatMap(valuesWithin);
      return values.length === 0 ? [] : [[String(path), values] as const];
    }),
  );
}

/** The values of a list, or the first of a range. */
function valuesWithin(bound: string): string[] {
  const [, list, from] = /^FOR VALUES (?:IN \((.*)\)|FROM \((.*?)\) TO \(.*\))$/s.exec(bound) ?? [];
  const constants = (list ?? from ?? "").matchAll(/'(?:[^']|'')*'|-?\d+(?:\.\d+)?|\b(?:true|false)\b/g);
  return [...constants].map(([text]) => (text.startsWith("'") ? unquote(text) : text));
}

async function readForeignKeys(engine: Engine): Promise<ForeignKey[]> {
  const names = (of: string, keys: string): string =>
    `(select array_agg(a.attname::text order by k.n) from unnest(${keys}) with ordinality as k (num, n)
      join pg_attribute a on a.attrelid = ${of} and a.attnum = k.num)`;
  const rows = await engine.run(
    `select n.nspname || '.' || t.relname as "table", pn.nspname || '.' || p.relname as parent, format('%I.%I', pn.nspname, p.relname) as "parentName",
       ${names("c.conrelid", "c.conkey")} as columns, ${names("c.confrelid", "c.confkey")} as "parentColumns"
     from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
     join pg_class p on p.oid = c.confrelid join pg_namespace pn on pn.oid = p.relnamespace
     where c.contype = 'f' and c.conparentid = 0 order by c.oid`,
  );
  return rows as unknown as ForeignKey[];
}

/** Expressions in `i` that PostgreSQL reads as values of the column's type, the likeliest first. */
async function expressionsFor(
  engine: Engine,
  { catalog, columnTypes, constraints, typeRules, bounds }: FactsOfRows,
  table: string,
  column: RelationColumn,
): Promise<string[]> {
  const type = columnTypes.get(`${table}.${column.name}`) ?? "text";
  const own = column.values?.length ? [oneOf(column.values, type)] : expressions(column.type, catalog, type);
  const ofTable = constraints.filter((one) => one.table === table);
  const rules = rulesOf(column, ofTable, { typeRules });
  const constants = PLACES.flatMap((place) => [
    ...candidates(column.type, catalog, place, column.values),
    ...rules.flatMap((rule) => suggestedBy(rule, place)),
  ]);
  const within = bounds.get(`${table}.${column.name}`);
  const all = [
    ...(within === undefined ? [] : [oneOf(within, type)]),
    ...own,
    // What a pattern matches it mostly does with a number behind, too: each row has another.
    ...rules.flatMap(matchedBy).map((text) => `${quoteLiteral(text)} || i`),
    ...[...new Set(constants)].map((text) => `cast(${escapeLiteral(text)} as ${type})`),
    ...(column.nullable ? ["null"] : []),
  ];
  const fitting: string[] = [];
  for (const one of new Set(all)) {
    const error = await attempt(
      engine,
      `begin; select cast(${one} as ${type}) from generate_series(1::bigint, ${SAMPLE}) as i; rollback`,
    );
    if (error === null) fitting.push(`cast(${one} as ${type})`);
  }
  return fitting;
}

const oneOf = (texts: readonly string[], type: string): string =>
  `(array[${texts.map((text) => `cast(${quoteLiteral(text)} as ${type.replace(/\(.*\)/, "")})`).join(", ")}])[1 + i % ${texts.length}]`;

function expressions(oid: number, catalog: Catalog, written: string): string[] {
  const type = catalog.types.get(oid);
  if (type === undefined) return [];
  if (type.kind === "enum") return [oneOf(type.labels, written)];
  if (type.kind === "domain")
    return type.values?.length
      ? [oneOf(type.values, written)]
      : expressions(type.base, catalog, type.display);
  if (type.kind === "array") {
    const [element] = expressions(type.element, catalog, catalog.types.get(type.element)?.display ?? "text");
    return element === undefined ? [] : [`array[${element}]`];
  }
  const [, size] = /\((\d+)(?:,\d+)?\)$/.exec(written) ?? [];
  return (BASE[type.name] ?? (() => []))(size === undefined ? null : Number(size));
}

const texts = (size: number | null): string[] => {
  const all = [
    "'v' || i",
    "'v' || i || '@example.com'",
    "'https://example.com/' || i",
    "'v-' || i",
    "'V' || i",
    "i::text",
    "'+49' || (100000000 + i)",
    "md5(i::text)",
    "lpad(i::text, 8, '0')",
  ];
  return size === null ? all : all.map((text) => `right(${text}, ${size})`);
};
const integers = (most: number) => (): string[] => [`1 + (i - 1) % ${most}`, `100 + i % 100`, "0"];

const BASE: Readonly<Record<string, (size: number | null) => string[]>> = {
  bool: () => ["i % 2 = 0", "true", "false"],
  int2: integers(32_000),
  int4: integers(2_000_000_000),
  int8: integers(9_000_000_000_000),
  numeric: (size) => [`i % ${10 ** Math.min(Math.max((size ?? 9) - 2, 1), 9)}`, "1", "0.5"],
  float4: () => ["i", "0.5"],
  float8: () => ["i", "0.5"],
  money: () => ["i % 1000000"],
  text: texts,
  varchar: texts,
  bpchar: texts,
  citext: texts,
  name: texts,
  date: () => ["date '2024-01-01' + (i % 700)::int", "current_date + (1 + i % 700)::int"],
  timestamp: () => ["timestamp '2024-01-01' + i * interval '1 minute'"],
  timestamptz: () => [
    "timestamptz '2024-01-01 00:00+00' + i * interval '1 minute'",
    "now() + i * interval '1 minute'",
  ],
  time: () => ["time '00:00' + (i % 1440) * interval '1 minute'"],
  interval: () => ["i * interval '1 minute'"],
  uuid: () => ["('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid"],
  json: () => ["json_build_object('n', i)", "'[]'"],
  jsonb: () => ["jsonb_build_object('n', i)", "'[]'"],
  bytea: () => ["decode(lpad(to_hex(i), 16, '0'), 'hex')", "sha256(i::text::bytea)"],
  inet: () => ["inet '10.0.0.0' + i % 16000000"],
};

/** No other values would do. */
const withoutRoom = ({ message }: PostgresError): DiagnosticError =>
  new DiagnosticError([
    {
      code: "database-full",
      severity: "error",
      message: `the server has no room for the rows: ${message}`,
      hint: "Ask for fewer with --rows, or name a server with more room in --database-url.",
    },
  ]);

/** Runs statements; what they leave half done is undone. */
async function attempt(engine: Engine, sql: string): Promise<PostgresError | null> {
  try {
    await engine.run(sql);
    return null;
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    if (/^53/.test(error.sqlState)) throw withoutRoom(error);
    if (sql.startsWith("begin")) await engine.run("rollback");
    return error;
  }
}
