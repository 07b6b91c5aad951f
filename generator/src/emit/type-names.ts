import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { QuerySet } from "../model/analysis.ts";
import type { Column, Param, Query } from "../model/query.ts";
import { columnType } from "./fields.ts";
import { nameModels } from "./models.ts";
import { Namer, TAKEN_TYPES } from "./names.ts";
import { paramType } from "./params.ts";

/** The TypeScript types of columns and parameters, `| null` included, without writing any code. */
export function typeNames(
  set: QuerySet,
  options: TypeScriptOptions,
): { param(param: Param, query: Query): string; column(column: Column, query: Query): string } {
  const { context } = nameModels(set.catalog, options, new Namer(TAKEN_TYPES));
  const readable = (type: string): string => type.replaceAll("codec.", "");
  return {
    param: (param, query) => readable(paramType(context, param, query.name).type),
    column: (column, query) => readable(columnType(context, column, query.name).type),
  };
}
