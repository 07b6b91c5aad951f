import type { Catalog } from "../../model/catalog.ts";
import type { ObjectPrivilege, Query, TablePrivilege } from "../../model/query.ts";
import { queriesFor } from "../../model/query-roles.ts";
import { tokenize } from "../../sql/lexer.ts";
import { nameOf, partsOf } from "../../sql/quoting.ts";
import { rightsByValue } from "./named-by-value.ts";

/** A query set, and the major version that its queries run on, if anybody says. */
export interface GrantedSet {
  readonly catalog: Pick<Catalog, "relations">;
  readonly queries: readonly Query[];
  /** Those of its schemas that are known to be there, whatever is in them. */
  readonly schemas: readonly string[];
  readonly targetVersion: number | null;
}

/** The tables' rights that columns can have. */
export const BY_COLUMN = ["select", "insert", "update"] as const;
export type ColumnRight = (typeof BY_COLUMN)[number];
export type WholeRight = "select" | "insert" | "update" | "delete" | "truncate" | "maintain";

/** What a role needs on one table or view. */
export interface TableRights {
  readonly schema: string;
  readonly name: string;
  /** Sorted names; empty where it needs none, or has the whole. */
  readonly columns: Readonly<Record<ColumnRight, readonly string[]>>;
  /** Rights on the whole table. */
  readonly whole: readonly WholeRight[];
  /** MAINTAIN, which servers before 17 do not have, where nobody says which version it is. */
  readonly maintainsWherePossible: boolean;
}

/** What no right gives. */
export interface Unmet {
  readonly query: Query;
  /** Continues "Q: ". */
  readonly why: string;
  /** Who or what gives it: being the owner, membership in a role, or a right on what a value names. */
  readonly by: "owner" | "membership" | "value";
}

/** All that a role needs for its queries, and nothing else. */
export interface Rights {
  /** Of which nothing but this is to be left to the role. */
  readonly schemas: readonly string[];
  /** Those of them that it must be able to look names up in. */
  readonly usable: readonly string[];
  /** By name. */
  readonly tables: readonly TableRights[];
  /** `usage on sequence public.a` and the like, sorted. */
  readonly objects: readonly ObjectPrivilege[];
  readonly unmet: readonly Unmet[];
  /** All names in the texts of the queries. */
  readonly words: ReadonlySet<string>;
}

/** Adds up what the queries need that are meant for the role (`-- @role <name>`). */
export function rightsOf(role: string, sets: readonly GrantedSet[]): Rights {
  const queries = sets.flatMap(({ queries, targetVersion }) =>
    queries.map((query) => ({ ...query, targetVersion })),
  );
  const own = queriesFor(role, queries);
  const privileges = own.flatMap(({ privileges, targetVersion }) =>
    privileges.map((p) => ({ ...p, targetVersion })),
  );
  const rights = privileges.filter((p): p is Extract<typeof p, TablePrivilege> => "table" in p);
  const relations = sets.flatMap((set) => set.catalog.relations);
  const used = privileges.flatMap((p) =>
    "object" in p && p.kind === "usage on schema" ? partsOf(p.object) : [],
  );
  const looked = rights.flatMap(({ schema, isBehind }) => (isBehind ? [] : [schema]));
  const usable = sorted([...looked, ...used]).filter(isOwn);
  const there = [...relations.map(({ schema }) => schema), ...sets.flatMap(({ schemas }) => schemas)];
  const schemas = sorted([...there.filter(isOwn), ...usable]);
  const tables = new Map<string, (typeof rights)[number][]>();
  for (const right of rights) {
    if (!schemas.includes(right.schema) && !right.isRestricted) continue;
    const key = JSON.stringify([right.schema, right.table]);
    tables.set(key, [...(tables.get(key) ?? []), right]);
  }
  const objects = new Map(
    privileges.flatMap((p) =>
      "object" in p && p.kind !== "usage on schema" && p.kind !== "membership in"
        ? [[`${p.kind} ${p.object}`, withoutVersion(p)]]
        : [],
    ),
  );
  const isShut = schemas.some((schema) => !usable.includes(schema));
  const draws = [...objects.values()].some(({ kind }) => kind.endsWith(" on sequence"));
  return {
    schemas,
    usable,
    tables: [...tables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => rightsOn(list, relations)),
    objects: [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object),
    unmet: own.flatMap((query) => unmetBy(query, isShut, draws)),
    words: new Set(own.flatMap(({ sql }) => [...namesIn(sql.text)])),
  };
}

/** Leaves out the version that the query's set is for. */
const withoutVersion = ({ kind, object, isOfExtension }: ObjectPrivilege): ObjectPrivilege => ({
  kind,
  object,
  ...(isOfExtension && { isOfExtension }),
});

function namesIn(text: string): string[] {
  return tokenize(text).flatMap(({ kind, start, end }) =>
    kind === "word" || kind === "quoted" ? [nameOf(text.slice(start, end))] : [],
  );
}

const isOwn = (schema: string): boolean => schema !== "pg_catalog" && schema !== "information_schema";

type Wanted = TablePrivilege & { readonly targetVersion: number | null };

/** MAINTAIN came with PostgreSQL 17. */
const MAINTAIN_SINCE = 17;

function rightsOn(list: readonly Wanted[], relations: Catalog["relations"]): TableRights {
  const [{ schema, table }] = list as [Wanted];
  const wants = (kind: Wanted["kind"]): boolean => list.some((one) => one.kind === kind);
  const whole = new Set<WholeRight>();
  if (wants("delete")) whole.add("delete");
  if (wants("truncate")) whole.add("truncate");
  const maintains = list.filter(({ kind }) => kind === "maintain");
  if (maintains.some(({ targetVersion }) => (targetVersion ?? 0) >= MAINTAIN_SINCE)) whole.add("maintain");
  for (const lock of list) if (!permits(lock.kind, whole)) whole.add(leastFor(lock.kind, lock.targetVersion));
  const columns = { select: [] as string[], insert: [] as string[], update: [] as string[] };
  for (const kind of BY_COLUMN) {
    const named = list.filter((one) => one.kind === kind);
    if (named.length === 0 || whole.has(kind)) continue;
    const all = sorted(named.flatMap((one) => one.columns));
    // Any column will do: the one that gives away least is the last that is not generated. Of what an extension made none is known, and a table may have none.
    const least = all.length > 0 ? null : lastColumn(schema, table, relations);
    if (all.length > 0) columns[kind] = all;
    else if (least === null) whole.add(kind);
    else columns[kind] = [least];
  }
  return {
    schema,
    name: table,
    columns,
    whole: ORDER.filter((kind) => whole.has(kind)),
    maintainsWherePossible: !whole.has("maintain") && maintains.some((one) => one.targetVersion === null),
  };
}

const ORDER: readonly WholeRight[] = ["select", "insert", "update", "delete", "truncate", "maintain"];

/** Tells whether what the role has anyway permits the lock: rights on columns do not. */
function permits(kind: Wanted["kind"], whole: ReadonlySet<WholeRight>): boolean {
  if (!kind.startsWith("lock")) return true;
  return ["update", "delete", "truncate", "maintain"].some((right) => whole.has(right as WholeRight));
}

/** The right that permits a lock and little else. */
function leastFor(kind: Wanted["kind"], target: number | null): WholeRight {
  if (kind === "lock access share") return "select";
  if (target !== null && target >= MAINTAIN_SINCE) return "maintain";
  return kind === "lock row exclusive" ? "insert" : "update";
}

function unmetBy(
  query: Query & { readonly targetVersion: number | null },
  isShut: boolean,
  draws: boolean,
): Unmet[] {
  const byValue = rightsByValue(query, isShut, draws).map((why): Unmet => ({ query, why, by: "value" }));
  const others = query.privileges.flatMap((p): Unmet[] => {
    if (!("table" in p))
      return p.kind === "membership in"
        ? [{ query, why: `PostgreSQL asks for membership in ${p.object}`, by: "membership" }]
        : [];
    const on = `${p.schema}.${p.table}`;
    if (p.kind === "own")
      return [
        {
          query,
          why: `nobody but the owner of the sequences of ${on} may set them back`,
          by: "owner",
        },
      ];
    const isOld = query.targetVersion === null || query.targetVersion < MAINTAIN_SINCE;
    if (p.kind !== "maintain" || !isOld) return [];
    return [{ query, why: `before PostgreSQL 17, nobody but the owner of ${on} may do this`, by: "owner" }];
  });
  return [...others, ...byValue];
}

function lastColumn(schema: string, table: string, relations: Catalog["relations"]): string | null {
  const relation = relations.find((one) => one.schema === schema && one.name === table);
  const column = relation?.columns.findLast((c) => !c.generated) ?? relation?.columns.at(-1);
  return column?.name ?? null;
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
