import { nameOf, quoteIdentifier } from "../../../sql/quoting.ts";
import type { CatalogObject, ObjectOf } from "../catalog.ts";
import { convertComposite } from "./convert-composite.ts";
import { identityOf, reference } from "./names.ts";
import type { Written } from "./statement.ts";
import type { WriterContext } from "./writers/writer.ts";
import { writeCreate } from "./writers/writers.ts";

/**
 * A type that columns hold values of, or a collation that they have, changed in a way that `alter` has no words for: the old one steps aside, the
 * columns are converted, the old one goes.
 */
export function replaceType(
  type: CatalogObject,
  columns: readonly string[],
  context: WriterContext,
): Written[] {
  const aside = suffixed(type.name, "__replaced");
  const word = type.kind === "domain" || type.kind === "collation" ? type.kind : "type";
  const converted = columns.flatMap((key): Column[] => {
    const column = context.base.objects.get(key);
    const now = context.head.objects.get(key);
    // A partition's column follows its parent's.
    return column?.kind !== "column" || now?.kind !== "column" || column.inherited ? [] : [column];
  });
  return [
    `alter ${reference(type)} rename to ${aside}`,
    ...writeCreate(type, context)!,
    ...(type.kind === "composite type"
      ? compositeColumns(type, converted, `${type.schema}.${aside}`, context)
      : converted.map((column) =>
          type.kind === "collation" ? collated(type, column) : throughText(type, column),
        )),
    `drop ${word} ${type.schema}.${aside}`,
  ];
}

type Column = ObjectOf<"column">;

const alterColumn = ({ parent, name, properties }: Column): string =>
  `alter table ${identityOf(parent!)} alter column ${name} type ${properties.type}`;

const collated = ({ identity }: CatalogObject, column: Column): Written =>
  `${alterColumn(column)} collate ${identity}`;

function throughText(type: CatalogObject, column: Column): Written {
  return {
    sql: `${alterColumn(column)} using ${column.name}::text::${column.properties.type}`,
    note: `fails where a row holds a value that ${type.identity} no longer has`,
  };
}

/** Attribute by attribute. A column's conversion cannot have a subquery, so that arrays take a function of their own. */
function compositeColumns(
  type: ObjectOf<"composite type">,
  columns: readonly Column[],
  old: string,
  context: WriterContext,
): Written[] {
  const { of, destroys } = convertComposite(type, context);
  const convert = `${type.schema}.${suffixed(type.name, "__converted")}`;
  const isArray = ({ properties }: Column): boolean => properties.type.endsWith("[]");
  const statements = columns.map((column): Written => {
    const value = isArray(column) ? `${convert}(${column.name})` : of(column.name);
    const sql = `${alterColumn(column)} using ${value}`;
    return destroys === null ? sql : { sql, destroys };
  });
  if (!columns.some(isArray)) return statements;
  return [
    `create function ${convert}(old ${old}[]) returns ${type.identity}[] language plpgsql as $$
begin
  if array_ndims(old) > 1 then raise exception 'an array of several dimensions: convert it by hand'; end if;
  return case when old is null then null else array(select ${of("old[i]")} from generate_subscripts(old, 1) as i order by i) end;
end $$`,
    ...statements,
    `drop function ${convert}(${old}[])`,
  ];
}

function suffixed(name: string, suffix: string): string {
  return quoteIdentifier(`${nameOf(name).slice(0, 50)}${suffix}`);
}
