import type { Diagnostic } from "../model/diagnostic.ts";
import type { Query } from "../model/query.ts";
import { isAdaptive } from "../model/sql.ts";
import type { TypeContext } from "./mapped.ts";
import { functionName, type Namer, propertyName } from "./names.ts";
import { isInherited, paramProperties, waysOf } from "./params.ts";
import type { QueryNames } from "./writing.ts";

/** A query, and the names that its code declares. */
export interface NamedQuery {
  readonly query: Query;
  readonly names: QueryNames;
}

/** Names what is declared for each query. What is made up gives way to what its author named: the functions have their names first. */
export function nameQueries(queries: readonly Query[], namer: Namer): NamedQuery[] {
  const functions = queries.map(({ name }) => namer.take(functionName(name)));
  const named = queries.map((query, i) => ({ query, names: { fn: functions[i]!, ...madeUp(query, namer) } }));
  return named.map(({ query, names }) => ({
    query,
    names: { ...names, orThrow: orThrowName(query, namer) },
  }));
}

/** A function's name without what keeps it from being a reserved word. */
function stemOf(query: string): string {
  const fn = functionName(query);
  return fn.endsWith("_") && !query.endsWith("_") ? fn.slice(0, -1) : fn;
}

/** The name of the function that throws where no row comes; null where none is wanted. */
function orThrowName({ name, command, rows }: Query, namer: Namer): string | null {
  if ((command !== ":one" && command !== ":batchone") || rows.atLeastOne) return null;
  return namer.take(`${stemOf(name)}OrThrow`);
}

function madeUp({ name: query, sql }: Query, namer: Namer): Omit<QueryNames, "fn" | "orThrow"> {
  const stem = stemOf(query);
  return {
    text: namer.take(`${stem}Query`),
    args: namer.take(`${query}Args`),
    row: namer.take(`${query}Row`),
    stream: namer.take(`${stem}Stream`),
    info: namer.take(`${stem}Info`),
    config: namer.take(`${stem}Config`),
    variant: isAdaptive(sql) ? namer.take(`${stem}Variant`) : "",
    cursor: sql.page === null ? "" : namer.take(`${query}Cursor`),
    pages: sql.page === null ? "" : namer.take(`${stem}Pages`),
    read: namer.take(`read${query}`),
  };
}

/** Says what of a query is not called as its author named it. */
export function namingProblems(context: TypeContext, { query, names }: NamedQuery): Diagnostic[] {
  return [...nameTaken(query, names), ...wayTaken(context, query), ...inheritedTaken(context, query)];
}

/** Says that a query's function is not called as its author named it. */
function nameTaken({ name, span }: Query, { fn }: QueryNames): Diagnostic[] {
  const wanted = functionName(name);
  if (fn === wanted) return [];
  return [
    {
      code: "query-name-taken",
      severity: "warning",
      message: `the function of query "${name}" is called ${fn}, as ${wanted} is the name of something else that is generated`,
      hint: "Give the query a name that no other query has but for the case of its first letter, and no list of an enum's values (`moodValues`) or codec of a type.",
      span,
    },
  ];
}

/** Says that an argument which may be left out is not called as its parameter, as no object is without what is called so. */
function inheritedTaken(context: TypeContext, query: Query): Diagnostic[] {
  const { property_case, rename } = context.options;
  return paramProperties(context, query).flatMap(([{ name }, property]): Diagnostic[] => {
    const wanted = propertyName(name, property_case, rename);
    if (property === wanted || !isInherited(wanted)) return [];
    return [
      {
        code: "parameter-name-taken",
        severity: "warning",
        message: `query "${query.name}" has a parameter "${name}" that may be left out; it is given as \`${property}\`, as no object is without \`${wanted}\``,
        hint: "Give the parameter another name.",
        span: query.span,
      },
    ];
  });
}

/** Says that what asks for an order or a page is not called so, as a parameter of the query is. */
function wayTaken(context: TypeContext, query: Query): Diagnostic[] {
  const ways: readonly string[] = waysOf(query);
  if (ways.length === 0) return [];
  const [param, way] = paramProperties(context, query).find(([, property]) => ways.includes(property)) ?? [];
  if (param === undefined) return [];
  return [
    {
      code: "parameter-name-taken",
      severity: "warning",
      message: `query "${query.name}" has a parameter "${param.name}", so that what \`${way}\` is for ${query.sql.page === null ? "@sort" : "@keyset"} is given as \`${way}2\``,
      hint: "Give the parameter another name.",
      span: query.span,
    },
  ];
}
