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
  const { relations, types, routines } = namesIn(queries);
  const index = indexOf(catalog);
  const needed = new Set<string>();
  const add = (key: string): void => {
    if (needed.has(key)) return;
    needed.add(key);
    for (const other of catalog.needs.get(key) ?? []) add(other);
  };
  const addNamed = (keys: ReadonlyMap<string, readonly string[]>, names: ReadonlySet<string>): void => {
    for (const name of names) for (const key of keys.get(name) ?? []) add(key);
  };
  addNamed(index.relations, relations);
  addNamed(index.types, types);
  addNamed(index.routines, routines);
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

/** The keys of what can be named, by name. */
interface Index {
  /** Of relations and their columns, by their path. */
  readonly relations: ReadonlyMap<string, readonly string[]>;
  /** By their identity and by their name. */
  readonly types: ReadonlyMap<string, readonly string[]>;
  readonly routines: ReadonlyMap<string, readonly string[]>;
}

const INDEXES = new WeakMap<Catalog, Index>();

function indexOf(catalog: Catalog): Index {
  const known = INDEXES.get(catalog);
  if (known !== undefined) return known;
  const relations = new Map<string, string[]>();
  const types = new Map<string, string[]>();
  const routines = new Map<string, string[]>();
  const note = (keys: Map<string, string[]>, name: string, { key }: CatalogObject): void => {
    const noted = keys.get(name);
    if (noted === undefined) keys.set(name, [key]);
    else noted.push(key);
  };
  for (const object of catalog.objects.values()) {
    const { kind, identity, name } = object;
    if (RELATIONS.has(kind) || kind === "column" || kind === "view column")
      note(relations, partsOf(identity).join("."), object);
    else if (TYPES.has(kind)) for (const own of new Set([identity, name])) note(types, own, object);
    else if (ROUTINES.has(kind)) note(routines, partsOf(identity).at(-1) ?? "", object);
  }
  const index = { relations, types, routines };
  INDEXES.set(catalog, index);
  return index;
}
