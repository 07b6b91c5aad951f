/**
 * What the analysed schema holds, as PostgreSQL's own catalogs say it.
 * Oids are stable within one run only: use them to look things up, never write them out.
 */
export type Oid = number;

export interface Catalog {
  /** Every type that a relation, column or parameter of this run mentions, and what those refer to. */
  readonly types: ReadonlyMap<Oid, PgType>;
  /** Tables, views, materialised views, partitioned and foreign tables of the user's schemas, in creation order. */
  readonly relations: readonly Relation[];
}

interface TypeBase {
  readonly oid: Oid;
  readonly schema: string;
  /** `pg_type.typname`, e.g. `int8`, `_text`. */
  readonly name: string;
  /** What `format_type(oid, -1)` prints, e.g. `bigint`, `text[]`, `shop.color`. */
  readonly display: string;
  readonly comment: string | null;
  /** What stands between the elements of an array of it (`pg_type.typdelim`), where that is no comma. */
  readonly delimiter?: string;
  /** Not PostgreSQL's own, and with a cast to json, which `to_json` uses then (PostGIS's `geometry`); composites ignore it. */
  readonly castsToJson?: true;
}

export interface BaseType extends TypeBase {
  readonly kind: "base";
  /** The extension that brought the type (`citext`, `hstore`, `vector`), or null. */
  readonly extension: string | null;
}
export interface EnumType extends TypeBase {
  readonly kind: "enum";
  /** In sort order. */
  readonly labels: readonly string[];
}
export interface DomainType extends TypeBase {
  readonly kind: "domain";
  readonly base: Oid;
  readonly notNull: boolean;
  /** The texts that a `check (value in (…))` allows, or null. */
  readonly values: readonly string[] | null;
  /** Functions that not just anyone may execute, and its CHECKs call, or its default; absent where there are none. */
  readonly restricted?: { readonly checks: readonly string[]; readonly fallback: readonly string[] };
}
export interface CompositeType extends TypeBase {
  readonly kind: "composite";
  readonly attributes: readonly Attribute[];
  /** True for a `create type … as (…)`; false for the row type of a table or view. */
  readonly standalone: boolean;
}
export interface ArrayType extends TypeBase {
  readonly kind: "array";
  readonly element: Oid;
}
export interface RangeType extends TypeBase {
  readonly kind: "range" | "multirange";
  readonly subtype: Oid;
}
export interface PseudoType extends TypeBase {
  /** `record`, `void`, `anyelement` … */
  readonly kind: "pseudo";
}
export type PgType = BaseType | EnumType | DomainType | CompositeType | ArrayType | RangeType | PseudoType;

export interface Attribute {
  readonly name: string;
  /** `pg_attribute.attnum`: dropped ones keep theirs. */
  readonly number: number;
  readonly type: Oid;
  readonly comment: string | null;
}

export interface RelationColumn extends Attribute {
  /** Whether a stored row can have NULL here: NOT NULL constraints, not-null domains and CHECKs considered; for a view, its own analysis. */
  readonly nullable: boolean;
  /** Has a DEFAULT, is an identity column, or is generated: an INSERT may leave it out. */
  readonly hasDefault: boolean;
  /** Only the database may write it (`generated always`). */
  readonly generated: boolean;
  /** The texts that a `check (column in (…))` allows, or null. */
  readonly values: readonly string[] | null;
  /** The form that a CHECK demands of its texts (`check (key like 'usr_%')`): what always stands there, and null for anything; absent where none. */
  readonly pattern?: readonly (string | null)[];
  /** The column of a primary key whose values these are: itself, or what its foreign keys lead to; absent where it is of none. */
  readonly key?: KeyColumn;
  /** Of a view's column, the table's that it passes on as it is stored; absent where it computes it. */
  readonly stored?: KeyColumn;
}

export interface KeyColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

export type RelationKind = "table" | "partitioned table" | "foreign table" | "view" | "materialized view";

export interface Relation {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** The oid of the row type in `Catalog.types`. */
  readonly rowType: Oid;
  readonly columns: readonly RelationColumn[];
  readonly comment: string | null;
  /** The table it is a partition of, or null. Partitions get no model of their own. */
  readonly partitionOf: Oid | null;
}

/** Tells whether a value of the type is JSON, whatever domains are over it. */
export function isJsonType(types: Catalog["types"], oid: Oid): boolean {
  const type = types.get(oid);
  if (type?.kind === "domain") return isJsonType(types, type.base);
  return type?.schema === "pg_catalog" && (type.name === "json" || type.name === "jsonb");
}

/** Tells whether a value of the type is a document that a column stores: JSON, or an array of it. */
export function isDocumentType(types: Catalog["types"], oid: Oid): boolean {
  const type = types.get(oid);
  if (type?.kind === "domain") return isDocumentType(types, type.base);
  return isJsonType(types, type?.kind === "array" ? type.element : oid);
}
