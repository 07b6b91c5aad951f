import type { Catalog, CatalogObject } from "./catalog.ts";
import { compareCatalogs } from "./compare.ts";

/** What the comparison cannot decide or express, and people should know. */
export interface SchemaNote {
  readonly kind: "possible rename" | "column order";
  /** The key of the object that it is about: what goes, where it may have been renamed. */
  readonly object: string;
  /** The identity that it may have now. */
  readonly to?: string;
  readonly message: string;
}

export function listNotes(base: Catalog, head: Catalog): SchemaNote[] {
  return [...possibleRenames(base, head), ...columnOrders(base, head)];
}

/** Something went and something of the same make came: a rename would keep the data, and only people know. */
function possibleRenames(base: Catalog, head: Catalog): SchemaNote[] {
  const { added, removed } = compareCatalogs(base, head);
  const arrived = new Map<string, CatalogObject[]>();
  for (const object of added) {
    const make = makeOf(object, head);
    if (make === null) continue;
    const list = arrived.get(make);
    if (list) list.push(object);
    else arrived.set(make, [object]);
  }
  return removed.flatMap((from) => {
    const make = makeOf(from, base);
    const to = make === null ? undefined : arrived.get(make)?.shift();
    if (to === undefined) return [];
    return [
      {
        kind: "possible rename" as const,
        object: from.key,
        to: to.identity,
        message: `was ${from.identity} renamed to ${to.identity}? Then write \`-- solitude-gen: renamed ${from.identity} to ${to.identity}\` in a schema file`,
      },
    ];
  });
}

/** Gives what makes it likely that one object is the other; null for what holds no data. */
function makeOf(object: CatalogObject, catalog: Catalog): string | null {
  if (object.kind === "column") {
    const parent = catalog.objects.get(object.parent!);
    return object.properties.generated === null
      ? JSON.stringify([object.kind, parent?.identity, object.properties.type])
      : null;
  }
  if (object.kind !== "table") return null;
  const columns = [...catalog.objects.values()].flatMap((part) =>
    part.kind === "column" && part.parent === object.key ? [`${part.name} ${part.properties.type}`] : [],
  );
  return columns.length === 0 ? null : JSON.stringify([object.kind, columns.sort()]);
}

/** PostgreSQL has no way to move a column. */
function columnOrders(base: Catalog, head: Catalog): SchemaNote[] {
  const orders = (catalog: Catalog): Map<string, string[]> => {
    const tables = new Map<string, string[]>();
    for (const object of catalog.objects.values()) {
      if (object.kind !== "column") continue;
      const list = tables.get(object.parent!);
      if (list) list.push(object.name);
      else tables.set(object.parent!, [object.name]);
    }
    return tables;
  };
  const before = orders(base);
  return [...orders(head)].flatMap(([table, wanted]) => {
    const known = before.get(table);
    const object = head.objects.get(table);
    if (known === undefined || object === undefined) return [];
    const reached = [
      ...known.filter((name) => wanted.includes(name)),
      ...wanted.filter((name) => !known.includes(name)),
    ];
    if (reached.every((name, i) => name === wanted[i])) return [];
    return [
      {
        kind: "column order" as const,
        object: table,
        message: `the columns of ${object.identity} stand in another order (${wanted.join(", ")}), which no migration can give to a table that is there`,
      },
    ];
  });
}
