import type { Engine, Row } from "../../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";
import { nameOf } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject } from "../catalog.ts";
import {
  aliases,
  COLLATIONS,
  DEPENDENCIES,
  inheritedAliases,
  restrictedCalls,
  UNMOVABLE,
} from "./dependencies.ts";
import * as facets from "./facets.ts";
import { normalForm } from "./normal-form.ts";
import { others } from "./others.ts";
import * as publications from "./publications.ts";
import { type ObjectQuery, type ObjectRow, own, type ReadContext, type Reading } from "./reading.ts";
import * as relations from "./relations.ts";
import * as routines from "./routines.ts";
import * as surroundings from "./surroundings.ts";
import * as tableParts from "./table-parts.ts";
import * as types from "./types.ts";

const TABLE = "relkind in ('r', 'p')";

/** What is part of another comes after it. */
const READINGS: readonly Reading[] = [
  { query: surroundings.roles },
  {
    query: surroundings.settings,
    from: "pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database())",
  },
  { query: surroundings.schemas },
  { query: surroundings.extensions, from: "pg_extension where extname <> 'plpgsql'" },
  { query: types.collations, from: own("pg_collation") },
  { query: types.enums, from: own("pg_type", "typtype = 'e'") },
  { query: types.domains, from: own("pg_type", "typtype = 'd'") },
  { query: types.domainConstraints, from: own("pg_type", "typtype = 'd'") },
  { query: types.composites, from: own("pg_class", "relkind = 'c'") },
  { query: types.attributes, from: own("pg_class", "relkind = 'c'") },
  { query: types.ranges, from: own("pg_type", "typtype = 'r'") },
  { query: relations.sequences, from: own("pg_class", "relkind = 'S'") },
  { query: relations.tables, from: own("pg_class", TABLE) },
  { query: relations.views, from: own("pg_class", "relkind in ('v', 'm')") },
  { query: relations.columns, from: own("pg_class", TABLE) },
  { query: relations.viewColumns, from: own("pg_class", "relkind in ('v', 'm')") },
  { query: relations.defaults, from: own("pg_attrdef") },
  { query: relations.partitions, from: "pg_inherits" },
  { query: relations.sequenceOwners, from: own("pg_class", "relkind = 'S'") },
  { query: routines.functions, from: own("pg_proc", "prokind <> 'a'") },
  { query: routines.aggregates, from: own("pg_proc", "prokind = 'a'") },
  { query: tableParts.constraints, from: own("pg_constraint", "conrelid <> 0") },
  { query: tableParts.indexes, from: own("pg_class", "relkind in ('i', 'I')") },
  { query: tableParts.replicaIdentities, from: own("pg_class", `${TABLE} and relreplident <> 'd'`) },
  { query: tableParts.clusters, from: "pg_index where indisclustered" },
  { query: tableParts.statistics, from: "pg_statistic_ext" },
  { query: tableParts.triggers, from: "pg_trigger where not tgisinternal" },
  { query: tableParts.triggerStates, from: "pg_trigger where not tgisinternal" },
  { query: tableParts.rules, from: own("pg_rewrite", "rulename <> '_RETURN'") },
  { query: tableParts.policies, from: "pg_policy" },
  { query: surroundings.eventTriggers, from: "pg_event_trigger" },
  { query: publications.publications, from: "pg_publication" },
  { query: publications.publishedTables, from: "pg_publication_rel" },
  { query: publications.publishedSchemas, from: "pg_publication" },
  ...others,
  { query: facets.comments },
  { query: facets.grants },
  { query: facets.defaultPrivileges, from: "pg_default_acl" },
];

/** Every name is printed with its schema, and every constant in one way, whatever the server's settings are. */
const SETTINGS = `set local search_path = ''; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
  set local timezone = 'UTC'; set local extra_float_digits = 1; set local bytea_output = 'hex'; set local xmlbinary = 'base64'; set local quote_all_identifiers = off`;

/**
 * Reads everything that the schema of a database consists of, in one transaction that changes nothing. PostgreSQL 12 and later.
 * @param leavesUsualOwnerOut whether the owner of most relations is taken for whoever applied the schema, and rights on what extensions brought for their
 *   host's, as on a server where nobody knows who did
 */
export async function readCatalog(engine: Engine, leavesUsualOwnerOut = false): Promise<Catalog> {
  await engine.run(`begin transaction isolation level repeatable read read only; ${SETTINGS}`);
  try {
    const context: ReadContext = {
      version: engine.version,
      neutralOwners: await neutralOwners(engine, leavesUsualOwnerOut),
      tellsMembers: !leavesUsualOwnerOut,
    };
    const rows: ObjectRow[] = [];
    for (const query of await worthAsking(engine)) {
      const found = (await engine.run(query(context))) as unknown as ObjectRow[];
      rows.push(...found.toSorted(byCreation));
    }
    const standIns = await engine.run(aliases(engine.version));
    const inherited = await engine.run(inheritedAliases(engine.version));
    const dependencies = await engine.run(DEPENDENCIES);
    const calls = await engine.run(restrictedCalls(engine.version));
    const collations = await engine.run(COLLATIONS);
    const unmovable = await engine.run(UNMOVABLE);
    const roles = rows.flatMap(({ kind, name }) => (kind === "role" ? [name] : []));
    return {
      ...assemble(rows, standIns, inherited, dependencies, calls),
      rolesOfServer: new Set(
        roles.flatMap((name) => (engine.wasThere?.(nameOf(name)) ? [`role:${name}`] : [])),
      ),
      collations: collations.map(({ name }) => String(name)),
      unmovable: new Set(unmovable.map(({ name }) => `extension:${String(name)}`)),
    };
  } finally {
    await engine.run("rollback");
  }
}

/** Gives the queries for which the catalogs have anything: to plan one takes PostgreSQL longer than to see that there is nothing for it. */
async function worthAsking(engine: Engine): Promise<readonly ObjectQuery[]> {
  const sources = new Set(READINGS.flatMap(({ from }) => from ?? []));
  const [found] = await engine.run(
    `select array_remove(array[${[...sources].map((from, i) => `case when exists (select from ${from}) then ${i} end`).join(", ")}], null)::text as those`,
  );
  const numbers = new Set(String(found!.those).slice(1, -1).split(",").map(Number));
  const filled = new Set([...sources].filter((_, i) => numbers.has(i)));
  return READINGS.filter(({ from }) => from === undefined || filled.has(from)).map(({ query }) => query);
}

/** Else they come as they lie in PostgreSQL's tables, which depends on what was there before. */
function byCreation(a: ObjectRow, b: ObjectRow): number {
  if (a.class !== b.class) return a.class < b.class ? -1 : 1;
  return Number(a.oid) - Number(b.oid) || Number(a.sub) - Number(b.sub);
}

/** Gives whoever applied the schema: this user, the database's owner, or also the owner of most relations. */
async function neutralOwners(engine: Engine, leavesUsualOwnerOut: boolean): Promise<string> {
  const usual = `, ((select pg_get_userbyid(c.relowner)::text from pg_class c where c.oid >= ${FIRST_NORMAL_OID} group by c.relowner order by count(*) desc, c.relowner limit 1))`;
  const rows = await engine.run(
    `select quote_literal(o) as name from (values (current_user::text), ('pg_database_owner'),
       ((select pg_get_userbyid(d.datdba)::text from pg_database d where d.datname = current_database()))${leavesUsualOwnerOut ? usual : ""}) v(o)
     where o is not null`,
  );
  return rows.map((row) => row.name).join(", ");
}

function assemble(
  rows: readonly ObjectRow[],
  aliases: readonly Row[],
  inherited: readonly Row[],
  dependencies: readonly Row[],
  calls: readonly Row[],
): Pick<Catalog, "objects" | "needs" | "restrictedCalls"> {
  const address = (catalog: unknown, oid: unknown, sub: unknown): string => `${catalog} ${oid} ${sub}`;
  const keys = new Map<string, string>();
  const standsFor = new Map<string, string>();
  const givenBy = new Map<string, string>();
  for (const a of aliases)
    standsFor.set(address(a.class, a.oid, a.sub), address(a.ofclass, a.ofoid, a.ofsub));
  for (const a of inherited)
    givenBy.set(address(a.class, a.oid, a.sub), address(a.ofclass, a.ofoid, a.ofsub));
  const resolve = (catalog: unknown, oid: unknown, sub: unknown, isOwn = false): string | undefined => {
    let at = address(catalog, oid, sub);
    for (let depth = 0; depth < 8; depth++) {
      const key = keys.get(at);
      if (key !== undefined) return key;
      const next = standsFor.get(at) ?? (isOwn ? undefined : givenBy.get(at));
      if (next === undefined) break;
      at = next;
    }
    // Of a column that is not told apart (a system column, an index's), its relation.
    return sub === 0 ? undefined : resolve(catalog, oid, 0, isOwn);
  };

  /** Null for none; undefined where the parent is no part of the schema, but of an extension or of another object. */
  const parentOf = ({ pclass, poid, psub, kind, name }: ObjectRow): string | null | undefined => {
    if (pclass === null) return null;
    const isOfIndex = kind === "comment" && name === "index";
    return isOfIndex ? resolve(pclass, poid, psub) : keys.get(address(pclass, poid, psub));
  };

  const objects = new Map<string, CatalogObject>();
  const needs = new Map<string, Set<string>>();
  const need = (key: string, other: string | undefined): void => {
    if (other !== undefined && other !== key) needs.get(key)!.add(other);
  };
  const placed: { row: ObjectRow; key: string }[] = [];
  for (const row of rows) {
    const parent = parentOf(row);
    if (parent === undefined) continue;
    const object = toObject(row, parent === null ? null : objects.get(parent)!);
    objects.set(object.key, object);
    needs.set(object.key, new Set());
    placed.push({ row, key: object.key });
    if (!FACETS.has(row.kind)) keys.set(address(row.class, row.oid, row.sub), object.key);
    need(object.key, parent ?? undefined);
    if (row.schema !== null) need(object.key, `schema:${row.schema}`);
    if (object.kind === "trigger state") need(object.key, `partition:${object.parent}`);
  }
  for (const { row, key } of placed) {
    for (const [catalog, oid, sub] of row.refs ?? []) need(key, resolve(catalog, oid, sub));
  }
  for (const d of dependencies) {
    const from = resolve(d.class, d.oid, d.sub, true);
    const to = resolve(d.refclass, d.refoid, d.refsub);
    if (from === undefined || to === undefined || isOwnFacet(objects.get(from)!, objects.get(to)!)) continue;
    need(from, to);
  }
  for (const set of needs.values()) for (const key of set) if (!objects.has(key)) set.delete(key);
  const restrictedCalls = new Map<string, readonly string[]>();
  for (const one of calls) {
    const key = resolve(one.class, one.oid, one.sub, true);
    if (key !== undefined)
      restrictedCalls.set(key, [...(restrictedCalls.get(key) ?? []), ...(one.calls as string[])]);
  }
  return { objects, needs, restrictedCalls };
}

/** Rows about an object rather than objects that pg_depend could name. */
const FACETS: ReadonlySet<string> = new Set([
  "partition",
  "inheritance",
  "sequence owner",
  "replica identity",
  "cluster",
  "comment",
  "grant",
]);

/** Parts that pg_depend names, and have no name to speak of. */
const NAMED_AS_THEIR_PARENT: ReadonlySet<string> = new Set([
  "default",
  "published table",
  "published schema",
]);

/** Tells whether a facet says something in its own right: a table's parent, a sequence's owner. */
function isOwnFacet(from: CatalogObject, to: CatalogObject): boolean {
  if (from.kind === "table" && to.kind === "table") return true;
  if (from.kind === "sequence" && (to.kind === "column" || to.kind === "table")) return true;
  return from.kind === "column" && to.kind === "column" && from.inherited === true && from.name === to.name;
}

function toObject(row: ObjectRow, parent: CatalogObject | null): CatalogObject {
  const isFacet = FACETS.has(row.kind) || NAMED_AS_THEIR_PARENT.has(row.kind);
  const local = row.schema !== null ? `${row.schema}.${row.name}` : row.name;
  const identity = isFacet
    ? parent!.identity
    : parent === null || row.schema !== null
      ? local
      : `${parent.identity}.${row.name}`;
  const suffix = row.name === "" ? "" : ` ${row.name}`;
  // A dictionary and a configuration may have one name, as an operator class has that of its family.
  const kind = row.kind === "other" ? `other:${String(row.properties.type)} ` : `${row.kind}:`;
  return {
    key: isFacet ? `${kind}${parent!.key}${suffix}` : `${kind}${identity}`,
    kind: row.kind,
    identity,
    schema: row.schema ?? parent?.schema ?? null,
    name: row.name,
    parent: parent?.key ?? null,
    properties: normal(row),
    ...(row.position !== null && { position: row.position }),
    ...(row.inherited !== null && { inherited: row.inherited }),
    ...(row.within !== null && { within: row.within }),
  } as CatalogObject;
}

/** Bodies are texts of their author's; all other texts are PostgreSQL's. */
const BODIES: ReadonlySet<string> = new Set(["function", "procedure", "comment"]);

function normal({ kind, properties }: ObjectRow): ObjectRow["properties"] {
  if (BODIES.has(kind)) return properties;
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === "string" ? normalForm(value) : value,
    ]),
  );
}
