import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";

/** One row that a query of this folder gives: an object as the catalogs know it, with what names it and what it is a part of. */
export interface ObjectRow {
  readonly class: string;
  readonly oid: string;
  readonly sub: number;
  readonly kind: string;
  /** Quoted; null where it has none or its parent has it. */
  readonly schema: string | null;
  /** Quoted. */
  readonly name: string;
  readonly pclass: string | null;
  readonly poid: string | null;
  readonly psub: number | null;
  readonly properties: Record<string, unknown>;
  readonly position: number | null;
  readonly inherited: boolean | null;
  readonly within: string | null;
  /** What it needs beside what pg_depend says. */
  readonly refs: readonly (readonly [string, string | number, number])[] | null;
}

export interface ReadContext {
  /** e.g. 160004. */
  readonly version: number;
  /** The owners that count as "whoever applied the schema": an SQL list of string constants. */
  readonly neutralOwners: string;
  /** Whether rights on what extensions brought count; a server's host gives its own roles theirs. */
  readonly tellsMembers: boolean;
}

export type ObjectQuery = (context: ReadContext) => string;

/** A query, and a part of the catalogs without which it gives nothing: it is asked only where that has a row. */
export interface Reading {
  readonly query: ObjectQuery;
  /** As after `from`, with its condition; absent where there is always something. */
  readonly from?: string;
}

/** Writes that part for a catalog: what PostgreSQL did not bring along itself. */
export function own(catalog: string, where = "true"): string {
  return `${catalog} where oid >= ${FIRST_NORMAL_OID} and ${where}`;
}

/** The columns of an ObjectRow, in order; for `union all`. */
export function row(parts: {
  readonly class: string;
  readonly oid: string;
  readonly sub?: string;
  readonly kind: string;
  readonly schema?: string;
  readonly name: string;
  readonly parent?: readonly [string, string, string?];
  readonly properties: Readonly<Record<string, string>>;
  readonly position?: string;
  readonly inherited?: string;
  readonly within?: string;
  readonly refs?: string;
}): string {
  const properties = Object.entries(parts.properties).flatMap(([name, sql]) => [`'${name}'`, sql]);
  const [pclass, poid, psub] = parts.parent ?? [];
  return `select '${parts.class}' as class, (${parts.oid})::int8::text as oid, (${parts.sub ?? "0"})::int4 as sub,
    (${expression(parts.kind)})::text as kind,
    ${parts.schema === undefined ? "null" : `quote_ident(${parts.schema})`}::text as schema, (${parts.name})::text as name,
    (${pclass === undefined ? "null" : expression(pclass)})::text as pclass,
    ${poid === undefined ? "null" : `(${poid})::int8`}::text as poid, (${psub ?? (pclass === undefined ? "null" : "0")})::int4 as psub,
    json_build_object(${properties.join(", ")}) as properties,
    (${parts.position ?? "null"})::int4 as position, (${parts.inherited ?? "null"})::bool as inherited, (${parts.within ?? "null"})::text as within, (${parts.refs ?? "null"})::json as refs`;
}

/** A word stands for itself; whatever begins with `case` or is a column is SQL. */
function expression(text: string): string {
  return /^case |^\w+\.\w+/.test(text) ? text : `'${text}'`;
}

export function userSchema(alias: string): string {
  return `${alias}.nspname not in ('pg_catalog', 'information_schema') and ${alias}.nspname !~ '^pg_(toast|temp)'`;
}

/** Writes the condition that leaves out what an extension brought, which belongs to that. */
export function notOfExtension(catalog: string, oid: string): string {
  return `not exists (select from pg_depend e where e.classid = '${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;
}

export function owner({ neutralOwners }: ReadContext, oid: string): string {
  return `case when pg_get_userbyid(${oid}) not in (${neutralOwners}) then quote_ident(pg_get_userbyid(${oid})) end`;
}

/** A collation's quoted name with its schema, or null where it is the one given. */
export function collation(oid: string, usual: string): string {
  return `(select quote_ident(cn.nspname) || '.' || quote_ident(co.collname) from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace
     where co.oid = ${oid} and co.oid <> ${usual})`;
}

export function options(array: string): string {
  return `(select coalesce(array_agg(o order by o), '{}') from unnest(${array}) o)`;
}
