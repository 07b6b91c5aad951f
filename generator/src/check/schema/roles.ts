import type { SchemaFile } from "../../model/source.ts";
import { rolesCreatedIn } from "../../sql/created-roles.ts";
import { partsOf } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject } from "./catalog.ts";

/**
 * Roles belong to a server and not to a database: only those that the schema itself creates are a part of it; the
 * others were given.
 */
export function withDeclaredRoles(
  catalog: Catalog,
  files: readonly SchemaFile[],
): { catalog: Catalog; givenRoles: string[] } {
  const texts = files.map(({ text }) => text).join("\n");
  const said = texts.toLowerCase();
  const declared = new Set(rolesCreatedIn(texts));
  const needed = new Set([...catalog.needs.values()].flatMap((keys) => [...keys]));
  const given: string[] = [];
  const kept = without(catalog, (object) => {
    // A server has settings that are its administrator's.
    if (object.kind === "setting") return !said.includes(object.properties.parameter.toLowerCase());
    if (object.kind !== "role") return false;
    const name = partsOf(object.identity)[0]!;
    if (declared.has(name)) return false;
    if (needed.has(object.key)) given.push(name);
    return true;
  });
  return { catalog: kept, givenRoles: given };
}

/** Leaves out the roles that none of the others has. */
export function withRolesOf(catalog: Catalog, others: readonly Catalog[]): Catalog {
  return without(
    catalog,
    ({ kind, key }) => kind === "role" && !others.some(({ objects }) => objects.has(key)),
  );
}

function without(catalog: Catalog, isUnwanted: (object: CatalogObject) => boolean): Catalog {
  const objects = new Map(catalog.objects);
  for (const object of catalog.objects.values()) {
    if (!isUnwanted(object)) continue;
    objects.delete(object.key);
    objects.delete(`comment:${object.key}`);
  }
  const needs = new Map(
    [...catalog.needs].flatMap(([key, keys]) =>
      objects.has(key) ? [[key, new Set([...keys].filter((other) => objects.has(other)))] as const] : [],
    ),
  );
  return { ...catalog, objects, needs };
}
