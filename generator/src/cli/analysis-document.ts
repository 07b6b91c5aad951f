import type { JsonDiagnostic } from "../diagnostics/json.ts";
import type { SourceTexts } from "../diagnostics/source-texts.ts";
import type { Analysis } from "../model/analysis.ts";
import { describeParamReason } from "../model/param-reason.ts";
import type { Column, ColumnOrigin, Param, Query } from "../model/query.ts";
import { describeStep, type Reason, stepsOf } from "../model/reason.ts";
import { describeRowReason, type RowCount } from "../model/row-count.ts";
import type { Variant } from "../model/sql.ts";
import type { TypeNames } from "./pipeline.ts";

/** What `analyze --json` prints. Fields may be added; these keep their names and meanings. */
export interface AnalysisDocument {
  readonly version: 1;
  readonly queries: readonly AnalysedQuery[];
  readonly diagnostics: readonly JsonDiagnostic[];
}

export interface AnalysedQuery {
  readonly querySet: number;
  readonly name: string;
  readonly command: string;
  /** Relative to the configuration file. */
  readonly file: string;
  readonly line: number;
  /** As it is sent to PostgreSQL. */
  readonly sql: string;
  /** How many rows it delivers, whatever the tables hold. */
  readonly rows: AnalysedRows;
  readonly params: readonly AnalysedParam[];
  readonly columns: readonly AnalysedColumn[];
  /** Of a query that adapts: the statements that were prepared. */
  readonly variants?: readonly AnalysedVariant[];
}

/** A statement that is sent for some arguments. */
export interface AnalysedVariant {
  /** The parameters that decide and are given. */
  readonly given: readonly string[];
  /** The name of its order; null where there is but one. */
  readonly sort: string | null;
  readonly backwards: boolean;
  /** Of a page behind a cursor: whether each of the cursor's values is NULL (`010`). */
  readonly behind: string | null;
  /** As it is sent to PostgreSQL. */
  readonly sql: string;
  /** The parameters' numbers in the whole, in the order of this one's. */
  readonly params: readonly number[];
  /** The columns that are never NULL where it is sent, though they can be where another is. */
  readonly notNull: readonly { readonly column: string; readonly because: readonly AnalysedReason[] }[];
  /** How many rows it delivers, where more is known than of all; else null. */
  readonly rows: AnalysedRows | null;
}

export interface AnalysedRows {
  readonly atLeastOne: boolean;
  readonly atMostOne: boolean;
  readonly because: { readonly atLeastOne: AnalysedReason; readonly atMostOne: AnalysedReason };
}

/** One step of what was reasoned. */
export interface AnalysedReason {
  readonly code: string;
  readonly sentence: string;
  /** Where what it is about stands in the query's file, 1-based; null where that is not in the file, or not known. */
  readonly line: number | null;
  readonly column: number | null;
}

export interface AnalysedParam {
  readonly number: number;
  readonly name: string;
  /** As `format_type()` prints it. */
  readonly type: string;
  readonly nullable: boolean;
  readonly tsType: string;
  /** Why it is called so, and why it takes NULL or not. */
  readonly because: { readonly name: AnalysedReason; readonly nullable: AnalysedReason };
}

export interface AnalysedColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly tsType: string;
  /** `schema.table`; null for an expression. */
  readonly table: string | null;
  readonly column: string | null;
  /** Why it can be null, or cannot: each step rests on the next. */
  readonly because: readonly AnalysedReason[];
  /** The same of an array's elements; null for what is no array, or where nothing is known of them. */
  readonly elements: { readonly nullable: boolean; readonly because: readonly AnalysedReason[] } | null;
}

export function analysedQueries(
  analysis: Analysis,
  typeNames: (set: Analysis["querySets"][number]) => TypeNames,
  sources: SourceTexts,
): AnalysedQuery[] {
  return analysis.querySets.flatMap((set) => {
    const names = typeNames(set);
    return set.queries.map((query) => analysedQuery(query, set.index, names, sources));
  });
}

function analysedQuery(
  query: Query,
  querySet: number,
  names: TypeNames,
  sources: SourceTexts,
): AnalysedQuery {
  const place = ({ at }: { readonly at?: number }) => {
    const lines = at === undefined ? null : sources.lines(query.span.file);
    return at === undefined || lines === null ? { line: null, column: null } : lines.position(at);
  };
  const step = <R extends { readonly code: string; readonly at?: number }>(because: R, sentence: string) => ({
    code: because.code,
    sentence,
    ...place(because),
  });
  const reasons = (because: Reason) => stepsOf(because).map((one) => step(one, describeStep(one)));
  const rows = ({ atLeastOne, atMostOne, because }: RowCount): AnalysedRows => ({
    atLeastOne,
    atMostOne,
    because: {
      atLeastOne: step(because.atLeastOne, describeRowReason(because.atLeastOne)),
      atMostOne: step(because.atMostOne, describeRowReason(because.atMostOne)),
    },
  });
  const variants = query.sql.variants.map((variant) => ({
    ...variantOf(variant, query),
    notNull: (variant.known?.notNull ?? []).map(({ column, because }) => ({
      column: query.columns[column]!.name,
      because: reasons(because),
    })),
    rows: variant.known?.rows ? rows(variant.known.rows) : null,
  }));
  return {
    querySet,
    name: query.name,
    command: query.command,
    file: query.span.file,
    line: query.line,
    sql: query.sql.text,
    ...(variants.length > 0 && { variants }),
    rows: rows(query.rows),
    params: query.params.map((param) => ({
      ...analysedParam(param, query, names),
      because: {
        name: step(param.because.name, describeParamReason(param.because.name)),
        nullable: step(param.because.nullable, describeParamReason(param.because.nullable)),
      },
    })),
    columns: query.columns.map((column) => ({
      ...analysedColumn(column, query, names),
      because: reasons(column.because),
      elements: column.elementsBecause
        ? {
            nullable: column.elementsNullable,
            because: reasons(column.elementsBecause),
          }
        : null,
    })),
  };
}

/** For which arguments a variant is sent, and its text. */
export function variantOf(
  { given, order, behind, text, params: numbers }: Variant,
  { sql, params }: Query,
): Omit<AnalysedVariant, "notNull" | "rows"> {
  const { deciding, orders } = sql;
  const nameOf = (number: number): string => params.find((one) => one.number === number)?.name ?? "";
  return {
    given: deciding
      .filter((_, i) => (given & (1 << i)) !== 0)
      .map(({ number, value }) => nameOf(number) + (value === undefined ? "" : ` = ${value}`)),
    sort: orders.length > 1 ? (orders[Math.floor(order / 2)] ?? null) : null,
    backwards: order % 2 === 1,
    behind,
    sql: text,
    params: numbers,
  };
}

function analysedParam(param: Param, query: Query, names: TypeNames): Omit<AnalysedParam, "because"> {
  const { number, name, display, nullable } = param;
  return { number, name, type: display, nullable, tsType: names.param(param, query) };
}

function analysedColumn(
  column: Column,
  query: Query,
  names: TypeNames,
): Omit<AnalysedColumn, "because" | "elements"> {
  const { name, display, nullable, origin } = column;
  const table = tableName(origin);
  return {
    name,
    type: display,
    nullable,
    tsType: names.column(column, query),
    table,
    column: origin?.column ?? null,
  };
}

function tableName(origin: ColumnOrigin | null): string | null {
  return origin === null ? null : `${origin.schema}.${origin.table}`;
}
