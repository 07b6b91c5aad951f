import type { JsonDiagnostic } from "../diagnostics/json.ts";
import type { Analysis } from "../model/analysis.ts";
import type { Column, ColumnOrigin, Param, Query } from "../model/query.ts";
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
  readonly params: readonly AnalysedParam[];
  readonly columns: readonly AnalysedColumn[];
}

export interface AnalysedParam {
  readonly number: number;
  readonly name: string;
  /** As `format_type()` prints it. */
  readonly type: string;
  readonly nullable: boolean;
  readonly tsType: string;
}

export interface AnalysedColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly tsType: string;
  /** `schema.table`; null for an expression. */
  readonly table: string | null;
  readonly column: string | null;
}

export function analysedQueries(
  analysis: Analysis,
  typeNames: (set: Analysis["querySets"][number]) => TypeNames,
): AnalysedQuery[] {
  return analysis.querySets.flatMap((set) => {
    const names = typeNames(set);
    return set.queries.map((query) => analysedQuery(query, set.index, names));
  });
}

function analysedQuery(query: Query, querySet: number, names: TypeNames): AnalysedQuery {
  return {
    querySet,
    name: query.name,
    command: query.command,
    file: query.span.file,
    line: query.line,
    sql: query.sql,
    params: query.params.map((param) => analysedParam(param, query, names)),
    columns: query.columns.map((column) => analysedColumn(column, query, names)),
  };
}

function analysedParam(param: Param, query: Query, names: TypeNames): AnalysedParam {
  const { number, name, display, nullable } = param;
  return { number, name, type: display, nullable, tsType: names.param(param, query) };
}

function analysedColumn(column: Column, query: Query, names: TypeNames): AnalysedColumn {
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
