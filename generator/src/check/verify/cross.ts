import type { QueryResult } from "../../analysis/analyze-query.ts";
import { overlap } from "../../analysis/overlap.ts";
import type { QuerySetConfig } from "../../config/config.ts";
import type { Made } from "../../infer/moving-values.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Column, Param, Query, TablePrivilege } from "../../model/query.ts";
import type { QuerySource } from "../../model/source.ts";
import type { Variant } from "../../model/sql.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import type { Project } from "../../project/project.ts";
import { searchesUnder } from "./collated-searches.ts";
import type { Facts } from "./facts.ts";
import { readFacts } from "./facts.ts";
import type { PagesOn } from "./pages.ts";

/** What became of queries on a schema. */
export interface Tried extends Facts {
  /** In the order of the lists that were given. */
  readonly outcomes: readonly (readonly Outcome[])[];
}

/** The query as PostgreSQL understands it on that schema, or what PostgreSQL says against it. */
export type Outcome =
  | {
      readonly query: Query;
      /** Null where it is not read in pages. */
      readonly pages: PagesOn | null;
    }
  | {
      readonly problem: string;
      /** The key of the object that it comes from, where it is known. */
      readonly object?: string;
    };

/**
 * Tries queries on the schema of a project, each with the text that its client sends.
 * @returns null, with diagnostics, where the schema itself is wrong
 */
export async function tryOn(
  schemaOf: Project,
  set: QuerySetConfig,
  lists: readonly (readonly Query[])[],
): Promise<{ readonly tried: Tried | null; readonly diagnostics: readonly Diagnostic[] }> {
  return schemaOf.use(set, "nothing", async ({ engine, reader, diagnostics }) => {
    if (diagnostics.some(({ severity }) => severity === "error")) return { tried: null, diagnostics };
    return { tried: await tryQueries(engine, reader, lists), diagnostics };
  });
}

/** So many are under way, so that the database always has a next statement. */
const AT_ONCE = 16;

/**
 * Tries queries on the schema that the engine holds.
 * @param target the major version that they run on, where that is an older one
 */
export async function tryQueries(
  engine: Engine,
  reader: CatalogReader,
  lists: readonly (readonly Query[])[],
  target: number | null = null,
): Promise<Tried> {
  const { analyzeQuery, madeOfOutputs } = await import("../../analysis/analyze-query.ts");
  const searchProblem = await searchesUnder(engine, reader, target);
  // Most queries are the same on both sides.
  const known = new Map<string, Promise<Outcome>>();
  const outcomeOf = async (query: Query): Promise<Outcome> => {
    const analyze = (source: QuerySource) => analyzeQuery(source, engine, reader);
    const made = (source: QuerySource) => madeOfOutputs(source, engine, reader);
    const result = await analyzedAsSent(query, analyze);
    if (!("query" in result)) return { problem: result.diagnostics[0]?.message ?? "it was refused" };
    const unsearchable = await searchProblem(query.sql.text);
    if (unsearchable !== null) return unsearchable;
    const refusal = await planningProblem(engine, query);
    if (refusal !== null) return { problem: refusal };
    const { columns } = result.query;
    // Behind a page's columns stand its keys.
    const own = { ...result.query, columns: columns.slice(0, query.columns.length) };
    return { query: own, pages: await pagesOf(query, columns.slice(query.columns.length), analyze, made) };
  };
  const outcomes: Outcome[][] = [];
  for (const list of lists)
    outcomes.push(
      await overlap(list, AT_ONCE, (query) => {
        const { name, command, sql, columns } = query;
        const params = query.params.map((param) => [param.number, param.name, param.slice]);
        const key = JSON.stringify([name, command, sql, params, columns.length]);
        const outcome = known.get(key) ?? outcomeOf(query);
        known.set(key, outcome);
        return outcome;
      }),
    );
  const queries = outcomes.flat().flatMap((outcome) => ("query" in outcome ? [outcome.query] : []));
  const facts = await readFacts(engine, reader, queries);
  const onTarget = (outcome: Outcome): Outcome => {
    const problem = "query" in outcome ? refusedBefore17(outcome.query, facts.catalog) : null;
    return problem === null ? outcome : { problem };
  };
  return {
    ...facts,
    outcomes:
      target === null || target >= 17 ? outcomes : outcomes.map((list) => list.map((one) => onTarget(one))),
  };
}

/** MERGE takes a view since PostgreSQL 17. Gives what an older one says, null where nothing. */
function refusedBefore17({ statement, privileges }: Query, { relations }: Catalog): string | null {
  if (statement !== "merge") return null;
  const view = privileges.find(
    (p): p is TablePrivilege =>
      "table" in p &&
      (p.kind === "insert" || p.kind === "update" || p.kind === "delete") &&
      relations.some((one) => one.schema === p.schema && one.name === p.table && one.kind.endsWith("view")),
  );
  return view === undefined
    ? null
    : `cannot execute MERGE on relation "${view.table}", a view, before PostgreSQL 17`;
}

/** Analyses what generated code sends. Of a query that adapts that is each variant, as what can be left out proves nothing. */
async function analyzedAsSent(
  query: Query,
  analyze: (source: QuerySource) => Promise<QueryResult>,
): Promise<QueryResult> {
  const { holdingForAll } = await import("../../analysis/adaptive/merge.ts");
  const { text, deciding, variants } = query.sql;
  const whole = await analyze(asSent(query, text, query.params));
  if (!("query" in whole)) return whole;
  const sets: Query[] = [];
  // The order, and where a page begins, change nothing of what a row holds.
  const isPlain = ({ order, behind }: Variant): boolean => order === 0 && behind === null;
  if (deciding.some(({ by }) => by === "absence"))
    for (const variant of variants.filter(isPlain)) {
      const params = variant.params.map((number) => query.params.find((param) => param.number === number)!);
      const one = await analyze(asSent(query, variant.text, params));
      if (!("query" in one)) return one;
      sets.push(one.query);
    }
  return { query: holdingForAll(whole.query, sets) };
}

/** Gives what a client relies on that reads the query in pages; null for any other. @param keys as they are on this schema */
async function pagesOf(
  query: Query,
  keys: readonly Column[],
  analyze: (source: QuerySource) => Promise<QueryResult>,
  made: (source: QuerySource) => Promise<readonly Made[]>,
): Promise<PagesOn | null> {
  const { page, orders, variants } = query.sql;
  if (page === null) return null;
  const { oneOfEach } = await import("../../analysis/adaptive/paging.ts");
  const isTotal = new Map<string, boolean>();
  for (const [i, label] of orders.entries()) {
    const least = variants.find(
      ({ order, behind, given }) => order === 2 * i && behind === null && given === 0,
    );
    const own = page.keys[i]!.flatMap((at) => {
      const key = keys[at - query.columns.length];
      return key === undefined || key.nullable ? [] : [{ at, display: key.display }];
    });
    if (least === undefined) continue;
    const columns = query.columns.length + keys.length;
    const asked = await analyze(asSent(query, oneOfEach(least.text, least.params.length, columns, own), []));
    isTotal.set(label, "query" in asked && asked.query.rows.atMostOne);
  }
  const ofOutputs = await made(asSent(query, query.sql.text, query.params));
  const movers = keys.map((_, i) => ofOutputs[query.columns.length + i]?.mover?.subject ?? null);
  return { keys, isTotal, movers };
}

/** A text that generated code holds: stars expanded, macros replaced. What was inferred of parameters is inferred anew. */
function asSent(
  { name, command, span, line, comments }: Query,
  text: string,
  params: readonly Param[],
): QuerySource {
  return {
    name,
    command,
    span,
    line,
    comments,
    // It is decided already.
    flags: [{ name: "whole", text: "", start: span.start, line: { start: span.start, end: span.start } }],
    text,
    params: params.map((param, i) => ({
      number: i + 1,
      name: param.name,
      nullable: false,
      slice: param.slice,
    })),
    embeds: [],
    toFile: () => span.start,
  };
}

/** Some refusals come only when a plan is made, such as that of an ON CONFLICT whose index is gone. */
async function planningProblem(engine: Engine, query: Query): Promise<string | null> {
  if (query.statement === "utility") return null;
  try {
    for (const text of new Set([query.sql.text, ...query.sql.variants.map((one) => one.text)]))
      await engine.attempt(`explain (generic_plan) ${text}`);
    return null;
  } catch (error) {
    if (error instanceof PostgresError) return error.message;
    throw error;
  }
}
