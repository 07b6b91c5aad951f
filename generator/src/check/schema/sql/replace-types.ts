import { partsOf, quoteIdentifier, quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import type { CatalogObject, ObjectOf } from "../catalog.ts";
import { Conversions, multirangeOf } from "./conversions.ts";
import { familyOf } from "./families.ts";
import { identityOf, reference } from "./names.ts";
import { changesOver, type Nest } from "./nests.ts";
import type { Written } from "./statement.ts";
import type { WriterContext } from "./writers/writer.ts";
import { writeCreate } from "./writers/writers.ts";

/**
 * Types that columns hold values of, or collations that they have, changed in a way that `alter` has no words for: the old ones step aside, the
 * columns are converted, the old ones go.
 */
export function replaceTypes(nest: Nest, remade: ReadonlySet<string>, context: WriterContext): Written[] {
  const { base, head } = context;
  const types = nest.types.map((key) => head.objects.get(key)!);
  const old = nest.types.map((key) => base.objects.get(key)!);
  const conversions = new Conversions(nest, context, (element) => suffixed(element, "__converted"));
  const columns = nest.columns.flatMap((key) => {
    const column = base.objects.get(key);
    const now = head.objects.get(key);
    if (column?.kind !== "column" || now?.kind !== "column" || follows(column, nest, remade, context))
      return [];
    const to = changesOver(key, nest, base, head) ? now : column;
    return [convertColumn(column, to.properties, conversions)];
  });
  return [
    ...old.flatMap((type) => (type.kind === "range type" ? constructorsAside(type) : [])),
    ...old.flatMap(typeAside),
    ...types.flatMap((type) => writeCreate(type, context)!),
    ...arrayFunctions(types, conversions),
    ...columns,
    ...[...conversions.arrays].map(
      (element) => `drop function ${suffixed(element, "__converted")}(${suffixed(element, ASIDE)}[])`,
    ),
    ...old.map((type) => `drop ${wordOf(type)} ${suffixed(type.identity, ASIDE)}`).reverse(),
  ];
}

/** Tells whether a column follows that of a table which gives it, as a partition's does, for as long as it is given. */
function follows(
  { parent, name }: ObjectOf<"column">,
  { columns }: Nest,
  remade: ReadonlySet<string>,
  { base, head }: WriterContext,
): boolean {
  const ties = familyOf(base, parent!).filter((tie) => head.objects.has(tie) && !remade.has(tie));
  return ties.some((tie) =>
    [...base.needs.get(tie)!].some(
      (table) => table !== parent && columns.includes(`column:${identityOf(table)}.${name}`),
    ),
  );
}

const ASIDE = "__replaced";

function typeAside(type: CatalogObject): string[] {
  const multirange = type.kind === "range type" ? multirangeOf(type) : null;
  return [
    `alter ${reference(type)} rename to ${asideOf(type.identity)}`,
    ...(multirange === null ? [] : [`alter type ${multirange} rename to ${asideOf(multirange)}`]),
  ];
}

/** A range's constructors keep the name that it leaves. */
function constructorsAside(type: ObjectOf<"range type">): string[] {
  const subtype = /^subtype = (.*?)(?:, \w+ = .*)?$/.exec(type.properties.definition)![1]!;
  const multirange = multirangeOf(type);
  const aside = (name: string, args: string): string =>
    `alter function ${name}(${args}) rename to ${asideOf(name)}`;
  return [
    aside(type.identity, `${subtype}, ${subtype}`),
    aside(type.identity, `${subtype}, ${subtype}, text`),
    ...(multirange === null
      ? []
      : ["", type.identity, `${type.identity}[]`].map((args) => aside(multirange, args))),
  ];
}

const wordOf = ({ kind }: CatalogObject): string =>
  kind === "domain" || kind === "collation" ? kind : "type";

function convertColumn(
  { parent, name, properties }: ObjectOf<"column">,
  { type, collation }: ObjectOf<"column">["properties"],
  conversions: Conversions,
): Written {
  const sql = `alter table ${identityOf(parent!)} alter column ${name} type ${type}${collation === null ? "" : ` collate ${collation}`}`;
  const held = conversions.heldIn(type);
  if (held === undefined) return sql;
  const destroys = conversions.lossIn(held);
  const refusing = conversions.refusingIn(held);
  const notes = [
    ...(refusing.length > 0
      ? [`fails where a row holds a value that ${refusing.join(" or ")} no longer has`]
      : []),
    ...conversions.cautionsIn(held),
  ];
  return {
    sql: `${sql} using ${conversions.of(name, properties.type, type)}`,
    ...(destroys !== null && { destroys }),
    ...(notes.length > 0 && { note: notes.join("; ") }),
  };
}

function arrayFunctions(types: readonly CatalogObject[], conversions: Conversions): string[] {
  const written: string[] = [];
  // To write one may ask for another.
  for (const element of conversions.arrays) {
    const { identity } = types.find((type) => type.identity === element)!;
    written.push(
      `create function ${suffixed(identity, "__converted")}(old ${suffixed(identity, ASIDE)}[]) returns ${identity}[] language plpgsql as $$
begin
  if array_ndims(old) > 1 then raise exception 'an array of several dimensions: convert it by hand'; end if;
  return case when old is null then null else array(select ${conversions.of("old[i]", identity, identity)} from generate_subscripts(old, 1) as i order by i) end;
end $$`,
    );
  }
  return written;
}

/** A type's qualified name with something behind it. */
function suffixed(identity: string, suffix: string): string {
  const [schema, name] = partsOf(identity);
  return `${quoteIdentifierIfNeeded(schema!)}.${nameBeside(name!, suffix)}`;
}

const nameBeside = (name: string, suffix: string): string => quoteIdentifier(`${name.slice(0, 50)}${suffix}`);

/** The name under which what has this identity steps aside. */
const asideOf = (identity: string): string => nameBeside(partsOf(identity)[1]!, ASIDE);
