import type { Query } from "../../model/query.ts";
import { partsOf } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectKind } from "../schema/catalog.ts";

const RELATIONS: ReadonlySet<ObjectKind> = new Set<ObjectKind>(["table", "view", "materialized view"]);
const TYPES: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "enum",
  "domain",
  "composite type",
  "range type",
]);
const ROUTINES: ReadonlySet<ObjectKind> = new Set<ObjectKind>(["function", "procedure", "aggregate"]);

/** The keys of all that queries rely on: what they name, and what that needs in its turn. */
export function neededBy(queries: readonly Query[], catalog: Catalog): ReadonlySet<string> {
  const names = namesIn(queries);
  const needed = new Set<string>();
  const add = (key: string): void => {
    if (needed.has(key)) return;
    needed.add(key);
    for (const other of catalog.needs.get(key) ?? []) add(other);
  };
  for (const object of catalog.objects.values()) if (isNamed(object, names)) add(object.key);
  return needed;
}

interface Names {
  /** `schema.name`, and columns as `schema.name.column`; unquoted. */
  readonly relations: ReadonlySet<string>;
  /** As `format_type` prints them, without `[]`. */
  readonly types: ReadonlySet<string>;
  /** Names without schema and arguments. */
  readonly routines: ReadonlySet<string>;
}

function namesIn(queries: readonly Query[]): Names {
  const relations = new Set<string>();
  const types = new Set<string>();
  const routines = new Set<string>();
  for (const query of queries) {
    for (const relation of query.relations) relations.add(relation);
    for (const { display } of [...query.params, ...query.columns])
      types.add(display.replace(/(?:\[\])+$/, ""));
    for (const privilege of query.privileges) {
      if ("object" in privilege) routines.add(partsOf(privilege.object).at(-1) ?? "");
      else
        for (const column of privilege.columns)
          relations.add(`${privilege.schema}.${privilege.table}.${column}`);
    }
  }
  return { relations, types, routines };
}

function isNamed({ kind, identity, name }: CatalogObject, { relations, types, routines }: Names): boolean {
  if (RELATIONS.has(kind) || kind === "column" || kind === "view column")
    return relations.has(partsOf(identity).join("."));
  if (TYPES.has(kind)) return types.has(identity) || types.has(name);
  return ROUTINES.has(kind) && routines.has(partsOf(identity).at(-1) ?? "");
}
