import type { TreeAnalysis } from "../infer/analysis.ts";
import { JSON_TYPES, RECORD, RECORD_ARRAY } from "../infer/constants.ts";
import { isNothing } from "../infer/json-shapes.ts";
import type { Value } from "../infer/value.ts";
import type { Oid, PgType } from "../model/catalog.ts";
import type { Column, JsonShape, RowAttribute } from "../model/query.ts";
import type { Reason } from "../model/reason.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Description } from "../postgres/engine.ts";
import type * as Tree from "../postgres/tree/node-types.ts";

/** A `name!` or `name?` alias overrules what was inferred; a column that is itself called so is no alias. */
export function authored(
  name: string,
  nullable: boolean,
  because: Reason,
  column: string | null,
): Pick<Column, "name" | "nullable" | "because"> {
  const mark = name.length > 1 && name !== "?column?" && name !== column ? name.at(-1) : "";
  if (mark !== "!" && mark !== "?") return { name, nullable, because };
  const code = mark === "?" ? "author-nullable" : "author-not-null";
  return { name: name.slice(0, -1), nullable: mark === "?", because: { code } };
}

export function toColumns(query: Tree.Query, described: Description, analysis: TreeAnalysis): Column[] {
  const values = analysis.outputs(query, null);
  return described.columns.map(({ name, type }, i) => toColumn(name, type, values[i], analysis));
}

function toColumn(name: string, type: number, value: Value | undefined, analysis: TreeAnalysis): Column {
  const origin = value?.origin ?? null;
  const { elements } = value ?? {};
  return {
    ...authored(
      name,
      value?.nullable ?? true,
      value?.because ?? { code: "unproven", subject: name },
      origin?.column.name ?? null,
    ),
    type,
    display: analysis.catalog.type(type)?.display ?? "",
    ...(elements ? { elementsBecause: elements.because } : {}),
    ...details(analysis.catalog.type(type), value, analysis),
  };
}

/** Gives what is known of a value beside its type, and whether it is NULL. */
function details(type: PgType | undefined, value: Value | undefined, analysis: TreeAnalysis) {
  const origin = value?.origin ?? null;
  const attributes = value ? attributesOf(type, value, analysis) : null;
  return {
    ...(value?.shape && isNothing(value.shape) && { isNull: true as const }),
    elementsNullable: value?.elements?.nullable ?? true,
    dimensions: value?.dimensions ?? null,
    origin: origin && {
      schema: origin.relation.schema,
      table: origin.relation.name,
      column: origin.column.name,
    },
    values: origin && analysis.facts.allowedTexts(origin.relation, origin.column.number),
    shape: computedShape(type, value),
    ...(attributes && { attributes }),
  };
}

/** The attributes of a row, or of the rows of an array; null where no more is known of them than their type says. */
function attributesOf(type: PgType | undefined, value: Value, analysis: TreeAnalysis): RowAttribute[] | null {
  const { catalog } = analysis;
  const outer = underDomains(type, catalog);
  const isArray = outer?.kind === "array" || outer?.oid === RECORD_ARRAY;
  const row = isArray ? value.elements : value;
  const rowType = outer?.kind === "array" ? underDomains(catalog.type(outer.element), catalog) : outer;
  const hasRows = rowType?.kind === "composite" || rowType?.oid === RECORD || rowType?.oid === RECORD_ARRAY;
  if (!hasRows || !row?.attributes) return null;
  // What was dropped is in no value.
  const known = row.attributes.flatMap((attribute) => attribute ?? []);
  const declared = rowType.kind === "composite" ? rowType.attributes : null;
  if (declared && declared.length !== known.length) return null;
  const attributes = known.map(({ name, value: own }, i) => {
    const named = declared?.[i];
    return attribute(named?.name ?? name, named?.type ?? own.type, own, analysis);
  });
  return attributes.some((one) => one.type === 0 && one.arrayOf === undefined) ? null : attributes;
}

function attribute(name: string, type: Oid, value: Value, analysis: TreeAnalysis): RowAttribute {
  const { catalog } = analysis;
  const { nullable, elements } = value;
  if (type !== 0) return { name, type, nullable, ...details(catalog.type(type), value, analysis) };
  // Of `array(…)` the tree has no type.
  const element = elements?.type || 0;
  const array = element === 0 ? undefined : ({ ...UNNAMED_ARRAY, element } as const);
  return { name, type, ...(array && { arrayOf: element }), nullable, ...details(array, value, analysis) };
}

const UNNAMED_ARRAY = {
  kind: "array",
  oid: 0,
  schema: "pg_catalog",
  name: "",
  display: "",
  comment: null,
} as const;

function underDomains(type: PgType | undefined, catalog: CatalogReader): PgType | undefined {
  return type?.kind === "domain" ? underDomains(catalog.type(type.base), catalog) : type;
}

/** Gives what a column of JSON, or of arrays of it, is made of; null where its type says all that is known. */
function computedShape(type: PgType | undefined, value: Value | undefined): JsonShape | null {
  const isArray = type?.kind === "array";
  const shape = (isArray ? value?.elements?.shape : value?.shape) ?? null;
  const json = isArray ? type.element : (type?.oid ?? 0);
  return JSON_TYPES.has(json) && shape && !isNothing(shape) ? shape : null;
}
