import type { Catalog, CatalogObject } from "../schema/catalog.ts";
import type { SchemaDiff } from "../schema/diff.ts";

/** A larger diagram is no help. */
const MOST_TABLES = 12;
const MOST_COLUMNS = 12;

/**
 * A Mermaid diagram of the tables that something changed about, with the columns that are new, changed or gone, and the
 * foreign keys between them, and how many of them it has; null where no table is touched.
 */
export function touchedTables(
  diffs: readonly SchemaDiff[],
): { readonly diagram: string; readonly shown: number; readonly all: number } | null {
  const tables = diffs.flatMap((diff) => tablesOf(diff));
  if (tables.length === 0) return null;
  const shown = tables.slice(0, MOST_TABLES);
  const blocks = shown.map(({ name, columns }) => {
    const lines = columns
      .slice(0, MOST_COLUMNS)
      .map(({ type, column, note }) => `    ${word(type)} ${word(column)} "${note}"\n`);
    const left = columns.length - lines.length;
    if (left > 0) lines.push(`    and more "${left} more"\n`);
    return `  ${entity(name)} {\n${lines.join("")}  }\n`;
  });
  const names = new Set(shown.map(({ name }) => name));
  const links = new Set(
    diffs.flatMap(({ head }) =>
      foreignKeys(head)
        .filter(({ from, to }) => names.has(from) && names.has(to))
        .map(({ from, to }) => `  ${entity(to)} ||--o{ ${entity(from)} : ""\n`),
    ),
  );
  const diagram = `erDiagram\n${blocks.join("")}${[...links].join("")}`;
  return { diagram, shown: shown.length, all: tables.length };
}

interface TouchedTable {
  readonly name: string;
  readonly columns: readonly { readonly type: string; readonly column: string; readonly note: string }[];
}

function tablesOf({ changes, head, base }: SchemaDiff): TouchedTable[] {
  const tables = new Map<string, TouchedTable["columns"]>();
  for (const { subject, kind, change, before, after } of changes) {
    if (subject.kind !== "table") continue;
    const object = after ?? before;
    // The columns of a table that came or went as a whole are not told one by one.
    const touched =
      kind === "table" && (change === "added" || change === "removed")
        ? [...(change === "added" ? head : base).objects.values()].filter(
            (part) => part.parent === object?.key,
          )
        : [object];
    const columns = touched.flatMap((part) =>
      part?.kind === "column" ? [{ type: part.properties.type, column: part.name, note: change }] : [],
    );
    tables.set(subject.identity, [...(tables.get(subject.identity) ?? []), ...columns]);
  }
  return [...tables].map(([name, columns]) => ({ name, columns }));
}

function foreignKeys({ objects }: Catalog): { from: string; to: string }[] {
  return [...objects.values()].flatMap((object: CatalogObject) => {
    if (object.kind !== "constraint" || object.parent === null) return [];
    const target = /^FOREIGN KEY \(.*?\) REFERENCES ([^( ]+)\(/.exec(object.properties.definition)?.[1];
    const from = objects.get(object.parent)?.identity;
    return target === undefined || from === undefined
      ? []
      : [{ from, to: target.includes(".") ? target : `public.${target}` }];
  });
}

/** Mermaid's names of attributes and types take few characters. */
const word = (text: string): string => text.replace(/[^\w]+/g, "_").replace(/^_+|_+$/g, "") || "_";
const entity = (name: string): string => `"${name.replaceAll('"', "'")}"`;
