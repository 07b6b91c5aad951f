import { CatalogFacts } from "../../infer/catalog-facts.ts";
import type { Catalog, Oid, Relation } from "../../model/catalog.ts";
import { once } from "../../model/once.ts";
import type { Query } from "../../model/query.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import type { Engine } from "../../postgres/engine.ts";
import { type Constraint, readConstraints } from "./constraints.ts";
import { type FailingExpression, readFailing } from "./evaluated.ts";

/** What is known of columns beyond the model's catalog, each by `schema.table.column`. */
interface ColumnFacts {
  /** The type with its modifier, as `format_type` prints it. */
  readonly columnTypes: ReadonlyMap<string, string>;
  /** The columns that are an identity, always or by default. */
  readonly identities: ReadonlySet<string>;
  /** For a view's column, the column of the same name behind it, in whichever relation it reads. */
  readonly behindViews: ReadonlyMap<string, string>;
}

/** The CHECKs that values of domains must pass, those of the domains below them included, by type. */
type TypeRules = ReadonlyMap<Oid, readonly string[]>;

/** A schema's facts that queries rely on. */
export interface Facts extends SchemaFacts {
  readonly catalog: Catalog;
  /** The rules, `schema.table.name`, that are defined as on the schema beside it but for names of what they refer to. */
  readonly sameRules?: ReadonlySet<string>;
}

/** What is known of a schema, whichever queries are asked about. */
interface SchemaFacts extends ColumnFacts {
  readonly constraints: readonly Constraint[];
  readonly typeRules: TypeRules;
  /** What is evaluated for each row that is stored, and may fail. */
  readonly failing: readonly FailingExpression[];
}

/** Of a database, for as long as its reader is held: a schema is met by several versions of the application. */
const READ = new WeakMap<CatalogReader, Promise<SchemaFacts>>();
/** The same, by which relations they are. */
const RELATIONS = new WeakMap<CatalogReader, Map<string, readonly Relation[]>>();

/** Reads what queries rely on in the schema that the engine holds; no rows, and nothing that is being tried. */
export async function readFacts(
  engine: Engine,
  reader: CatalogReader,
  queries: readonly Query[],
): Promise<Facts> {
  const { buildCatalog } = await import("../../analysis/build-catalog.ts");
  const relations = once(RELATIONS, reader, () => new Map());
  const catalog = await buildCatalog(CatalogFacts.of(reader), queries, async (of, make) =>
    once(relations, of.join(), make),
  );
  const read = once(READ, reader, async () => ({
    constraints: await readConstraints(engine),
    typeRules: await readTypeRules(engine),
    failing: await readFailing(engine, reader),
    ...(await readColumnFacts(engine)),
  }));
  read.catch(() => READ.delete(reader));
  return { catalog, ...(await read) };
}

/** Gives what the values of a column must pass: its table's constraints about it, and its domain's CHECKs. @param constraints of its table */
export const rulesOf = (
  { name, type }: { readonly name: string; readonly type: Oid },
  constraints: readonly Constraint[],
  { typeRules }: Pick<Facts, "typeRules">,
): string[] => [
  ...constraints.filter(({ columns }) => columns.includes(name)).map(({ definition }) => definition),
  ...(typeRules.get(type) ?? []),
];

async function readTypeRules(engine: Engine): Promise<TypeRules> {
  const rows = await engine.run(
    `with recursive below (type, at) as (
       select oid, oid from pg_type where typtype = 'd'
       union all select b.type, t.typbasetype from below b join pg_type t on t.oid = b.at and t.typtype = 'd')
     select b.type::int8 as type, array_agg(pg_get_constraintdef(c.oid) order by c.oid) as rules
     from below b join pg_constraint c on c.contypid = b.at and c.contype = 'c' group by 1`,
  );
  return new Map(rows.map(({ type, rules }) => [Number(type), rules as string[]]));
}

/** Reads them for every relation of the user's. */
async function readColumnFacts(engine: Engine): Promise<ColumnFacts> {
  const rows = await engine.run(
    `select n.nspname || '.' || c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       a.attidentity <> '' as identity
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  const behind = await engine.run(
    `select view_schema || '.' || view_name || '.' || column_name as view,
       table_schema || '.' || table_name || '.' || column_name as name
     from information_schema.view_column_usage
     where view_schema not in ('pg_catalog', 'information_schema')`,
  );
  return {
    behindViews: new Map(behind.map((row) => [String(row.view), String(row.name)])),
    columnTypes: new Map(rows.map((row) => [String(row.name), String(row.type)])),
    identities: new Set(rows.flatMap((row) => (row.identity === true ? [String(row.name)] : []))),
  };
}
