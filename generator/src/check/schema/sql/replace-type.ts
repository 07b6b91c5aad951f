import type { CatalogObject } from "../catalog.ts";
import { identityOf, reference } from "./names.ts";
import type { Written } from "./statement.ts";
import type { WriterContext } from "./writers/writer.ts";
import { writeCreate } from "./writers/writers.ts";

/**
 * A type that columns hold values of, changed in a way that `alter type` has no words for: the old one steps aside, the
 * columns are converted by way of text, the old one goes.
 */
export function replaceType(
  type: CatalogObject,
  columns: readonly string[],
  context: WriterContext,
): Written[] {
  const aside = asideName(type.name);
  const old = `${type.schema}.${aside}`;
  const word = type.kind === "domain" ? "domain" : "type";
  const conversions = columns.flatMap((key): Written[] => {
    const column = context.base.objects.get(key);
    const now = context.head.objects.get(key);
    // A partition's column follows its parent's.
    if (column?.kind !== "column" || now?.kind !== "column" || column.inherited) return [];
    const to = column.properties.type;
    return [
      {
        sql: `alter table ${identityOf(column.parent!)} alter column ${column.name} type ${to} using ${column.name}::text::${to}`,
        note: `fails where a row holds a value that ${type.identity} no longer has`,
      },
    ];
  });
  return [
    `alter ${reference(type)} rename to ${aside}`,
    ...writeCreate(type, context)!,
    ...conversions,
    `drop ${word} ${old}`,
  ];
}

function asideName(name: string): string {
  const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
  return `"${`${plain.slice(0, 50)}__replaced`.replaceAll('"', '""')}"`;
}
