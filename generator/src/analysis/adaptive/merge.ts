import { unionOf } from "../../infer/json-shapes.ts";
import type { Column, Embed, JsonShape, Privilege, Query, RowAttribute } from "../../model/query.ts";
import type { RowCount } from "../../model/row-count.ts";
import type { VariantFacts } from "../../model/sql.ts";

/** Gives what holds of all variants of a query: a column can be null where it can in one of them. */
export function holdingForAll(whole: Query, variants: readonly Query[]): Query {
  if (variants.length === 0) return whole;
  return {
    ...whole,
    columns: whole.columns.map((column, i) =>
      ofColumns(
        column,
        variants.map(({ columns }) => columns[i]!),
      ),
    ),
    embeds: whole.embeds.map((embed, i) =>
      ofEmbeds(
        embed,
        variants.flatMap(({ embeds }) => embeds[i] ?? []),
      ),
    ),
    rows: ofRows(variants.map(({ rows }) => rows)),
    ...ofPrivileges([whole, ...variants]),
    ...ofSubqueries([whole, ...variants]),
    ...ofDefaults([whole, ...variants]),
  };
}

/** Joins those of all, since each may be sent. */
function ofDefaults(all: readonly Query[]): Pick<Query, "defaulted"> {
  const columns = all.flatMap(({ defaulted = [] }) => defaulted);
  if (columns.length === 0) return {};
  return { defaulted: [...new Map(columns.map((one) => [JSON.stringify(one), one])).values()] };
}

/** Joins those of all, since a subquery may have more rows where something is left out. */
function ofSubqueries(all: readonly Query[]): Pick<Query, "valueSubqueries"> {
  const subqueries = all.flatMap(({ valueSubqueries = [] }) => valueSubqueries);
  return subqueries.length === 0 ? {} : { valueSubqueries: subqueries };
}

/** A role needs what each needs: any of them can be sent. */
function ofPrivileges(all: readonly Query[]): Pick<Query, "privileges" | "privilegesWithin"> {
  const distinctOf = (privileges: readonly Privilege[]): Privilege[] => [
    ...new Map(privileges.map((one) => [JSON.stringify(one), one])).values(),
  ];
  const within = distinctOf(all.flatMap((one) => one.privilegesWithin ?? []));
  return {
    privileges: distinctOf(all.flatMap((one) => one.privileges)),
    ...(within.length > 0 && { privilegesWithin: within }),
  };
}

/** Tells what is known of a variant, and not of all. */
export function factsOf(variant: Query, merged: Query): VariantFacts {
  const notNull = merged.columns.flatMap(({ nullable }, column) => {
    const own = variant.columns[column];
    return nullable && own && !own.nullable ? [{ column, because: own.because }] : [];
  });
  const { rows } = variant;
  const isSame = rows.atLeastOne === merged.rows.atLeastOne && rows.atMostOne === merged.rows.atMostOne;
  return { notNull, rows: isSame ? null : rows };
}

function ofColumns(whole: Column, columns: readonly Column[]): Column {
  const nullable = columns.find((column) => column.nullable);
  const elements = withValues(columns).find((column) => column.elementsNullable);
  const isNull = columns.every((column) => column.isNull === true);
  const { elementsBecause, isNull: _, attributes: __, ...rest } = whole;
  const because = elements ? elements.elementsBecause : elementsBecause;
  return {
    ...rest,
    nullable: nullable !== undefined,
    ...(isNull && { isNull }),
    because: (nullable ?? columns[0] ?? whole).because,
    elementsNullable: elements !== undefined,
    ...(because && { elementsBecause: because }),
    ...ofValues([whole, ...columns]),
    ...ofAttributes(withValues([whole, ...columns]).map(({ attributes }) => attributes)),
  };
}

/** Leaves out what is always NULL, unless all is: a variant that computes no value says nothing of those of the others. */
function withValues<T extends { readonly isNull?: true }>(all: readonly T[]): readonly T[] {
  const some = all.filter(({ isNull }) => isNull !== true);
  return some.length > 0 ? some : all;
}

type Values = Pick<RowAttribute, "dimensions" | "origin" | "values" | "shape">;

/** Gives what holds of the values in all: what is not the same everywhere is not known. */
function ofValues(given: readonly (Values & Pick<RowAttribute, "isNull">)[]): Values {
  const all = withValues(given);
  const same = <K extends keyof Values>(key: K): Values[K] | null => {
    const texts = new Set(all.map((one) => JSON.stringify(one[key])));
    return texts.size === 1 ? all[0]![key] : null;
  };
  return {
    dimensions: same("dimensions"),
    origin: same("origin"),
    values: same("values"),
    shape: all.map(({ shape }) => shape).reduce(widerShape),
  };
}

/** Gives what holds of the attributes in all; nothing where they are not known in one. */
function ofAttributes(
  all: readonly (readonly RowAttribute[] | undefined)[],
): Pick<Column, "attributes"> | null {
  const [first] = all;
  const known = all.flatMap((one) => (one === undefined ? [] : [one]));
  if (first === undefined || known.length < all.length) return null;
  return {
    attributes: first.map((attribute, i) => {
      const each = known.map((one) => one[i]!);
      const { attributes: _, isNull: __, ...own } = attribute;
      return {
        ...own,
        nullable: each.some(({ nullable }) => nullable),
        ...(each.every(({ isNull }) => isNull) && { isNull: true as const }),
        elementsNullable: withValues(each).some(({ elementsNullable }) => elementsNullable),
        ...ofValues(each),
        ...ofAttributes(withValues(each).map(({ attributes }) => attributes)),
      };
    }),
  };
}

function widerShape(a: JsonShape | null, b: JsonShape | null): JsonShape | null {
  return a === null || b === null ? null : unionOf([a, b]);
}

function ofEmbeds(whole: Embed, embeds: readonly Embed[]): Embed {
  const missing = embeds.filter(({ nullable }) => nullable);
  if (missing.length === 0) return { ...whole, nullable: false, presence: null };
  const [first] = missing;
  const agreed = missing.every(({ presence }) => presence === first!.presence);
  return { ...whole, nullable: true, presence: agreed ? first!.presence : null };
}

function ofRows(rows: readonly RowCount[]): RowCount {
  const least = rows.find(({ atLeastOne }) => !atLeastOne) ?? rows[0]!;
  const most = rows.find(({ atMostOne }) => !atMostOne) ?? rows[0]!;
  return {
    atLeastOne: least.atLeastOne,
    atMostOne: most.atMostOne,
    because: { atLeastOne: least.because.atLeastOne, atMostOne: most.because.atMostOne },
  };
}
