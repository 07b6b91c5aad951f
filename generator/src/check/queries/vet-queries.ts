import type { VetOptions } from "../../config/options/vet.ts";
import { TreeAnalysis } from "../../infer/analysis.ts";
import { CatalogFacts } from "../../infer/catalog-facts.ts";
import type { Param, Query } from "../../model/query.ts";
import type { QuerySource } from "../../model/source.ts";
import type { Deciding, Sql, Variant } from "../../model/sql.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { readIndexes } from "../../postgres/index-reader.ts";
import { type QueryTree, queryTree } from "../../postgres/query-tree.ts";
import { parseStatement } from "../../postgres/raw-parse.ts";
import type { Found } from "../findings/found.ts";
import { wordAt } from "../findings/place.ts";
import { readUserFunctions } from "../migrations/outcome.ts";
import { QUERY_RULES } from "../rules/registry.ts";
import type { Finding } from "../rules/rule.ts";
import type { CheckedQuery } from "./checked.ts";
import { planLines, planWithoutSequentialScans } from "./plan.ts";

export interface AnalysedQuery {
  readonly source: QuerySource;
  readonly query: Query;
}

/** Runs all rules on the queries. */
export async function vetQueries(
  engine: Engine,
  catalog: CatalogReader,
  queries: readonly AnalysedQuery[],
  options: VetOptions,
): Promise<Found[]> {
  const indexes = await readIndexes(engine);
  const userFunctions = await readUserFunctions(engine);
  const found: Found[] = [];
  for (const { source, query } of queries) {
    const parsed = await parseStatement(source.text);
    if (!parsed) continue;
    const tree = query.statement === "utility" ? null : await treeOf(engine, query.sql.text, query.params);
    if (tree) await catalog.ensureForTree(tree.text);
    const checked: CheckedQuery = {
      query,
      source,
      kind: parsed.kind,
      raw: parsed.tree,
      tree: tree?.query ?? null,
      catalog,
      analysis: new TreeAnalysis(CatalogFacts.of(catalog), {
        parameter: (n) => query.params[n - 1] ?? { nullable: true, elementsNullable: true },
      }),
      indexes,
      userFunctions,
      plan: tree ? await planWithoutSequentialScans(engine, source.text) : null,
      options,
    };
    const evidence = checked.plan === null ? [] : planLines(checked.plan);
    const own = new Set<string>();
    for (const rule of QUERY_RULES)
      for (const finding of rule.check(checked)) {
        own.add(rule.code);
        found.push({ ...toFound(rule.code, finding, source), evidence });
      }
    if (tree)
      found.push(...(await vetLeast(engine, checked, own)), ...(await vetVariants(engine, checked, own)));
  }
  return found;
}

/**
 * Runs the rules with the plans of a query's variants, which is where one that adapts reads too much.
 * @param told what was found of the whole, and is not told again
 */
async function vetVariants(engine: Engine, checked: CheckedQuery, told: Set<string>): Promise<Found[]> {
  const { source, query } = checked;
  const { deciding, variants } = query.sql;
  const found: Found[] = [];
  // Conditions of the idiom may be left out of any statement that sqlc sends, and rules overlook them.
  const idiom = deciding.reduce((bits, { by }, i) => (by === "null" ? bits | (1 << i) : bits), 0);
  // The order, and where a page begins, change nothing of what a filter needs.
  const own = variants.filter((one) => one.order === 0 && one.behind === null && (one.given & idiom) === 0);
  for (const { given, text } of own) {
    const plan = await planWithoutSequentialScans(engine, text);
    if (plan === null) continue;
    const names = deciding.flatMap(({ number }, i) =>
      given & (1 << i) ? (query.params.find((param) => param.number === number)?.name ?? []) : [],
    );
    const when = names.length === 0 ? "with nothing optional given" : `with ${names.join(", ")} given`;
    for (const rule of QUERY_RULES.filter(({ code }) => !told.has(code)))
      for (const finding of rule.check({ ...checked, plan })) {
        told.add(rule.code);
        const message = `${when}, ${finding.message}`;
        found.push({ ...toFound(rule.code, { ...finding, message }, source), evidence: planLines(plan) });
      }
  }
  return found;
}

/**
 * Runs the rules about what a statement lacks on the least that can be sent.
 * @param told as of `vetVariants`
 */
async function vetLeast(engine: Engine, checked: CheckedQuery, told: Set<string>): Promise<Found[]> {
  const { source, query, catalog } = checked;
  const least = leastOf(query.sql);
  if (least === null) return [];
  const params = least.params.flatMap(
    (number) => query.params.find((param) => param.number === number) ?? [],
  );
  const tree = await treeOf(engine, least.text, params);
  if (tree === null) return [];
  await catalog.ensureForTree(tree.text);
  const found: Found[] = [];
  for (const rule of QUERY_RULES.filter(({ code, judgesLeast }) => judgesLeast && !told.has(code)))
    for (const finding of rule.check({ ...checked, tree: tree.query })) {
      told.add(rule.code);
      const message = `with nothing optional given, ${finding.message}`;
      // Its places are those of another text.
      const { location: _, ...rest } = finding;
      found.push({ ...toFound(rule.code, { ...rest, message }, source), evidence: [] });
    }
  return found;
}

/**
 * Gives the variant without what callers may leave out; null where that is nothing. Conditions of the idiom stand in it where one has
 * them, as they may be left out of any statement that sqlc sends.
 */
function leastOf({ deciding, variants }: Sql): Variant | null {
  const bitsOf = (by: Deciding["by"]): number =>
    deciding.reduce((bits, one, i) => (one.by === by ? bits | (1 << i) : bits), 0);
  const [optional, idiom] = [bitsOf("absence"), bitsOf("null")];
  if (optional === 0) return null;
  const excess = ({ given }: Variant): number => 32 * ones(given & optional) + ones(idiom & ~given);
  const own = variants.filter(({ order, behind }) => order === 0 && behind === null);
  return own.reduce<Variant | null>((a, b) => (a === null || excess(b) < excess(a) ? b : a), null);
}

/** Counts a number's bits. */
function ones(bits: number): number {
  return bits.toString(2).replaceAll("0", "").length;
}

async function treeOf(engine: Engine, text: string, params: readonly Param[]): Promise<QueryTree | null> {
  const types = params.map((param) => param.display);
  try {
    return await queryTree(engine, text, types);
  } catch (error) {
    if (error instanceof PostgresError) return null;
    throw error;
  }
}

function toFound(
  code: string,
  { message, hint, location, edits = [] }: Finding,
  source: QuerySource,
): Omit<Found, "evidence"> {
  const { span, text } = source;
  const placed = { file: span.file, text, toFile: (offset: number) => source.toFile(offset) };
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    span: wordAt(placed, location) ?? span,
    ...(edits.length > 0 && {
      edits: edits.map(({ start, end, text: by }) => ({
        span: { file: span.file, start: source.toFile(start), end: source.toFile(end) },
        text: by,
      })),
    }),
    statement: `${source.name}: ${text}`,
    within: { file: span.file, start: span.start, end: source.toFile(text.length) },
  };
}
