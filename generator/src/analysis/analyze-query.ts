import { type ParameterFacts, TreeAnalysis } from "../infer/analysis.ts";
import { CatalogFacts } from "../infer/catalog-facts.ts";
import { defaultedColumns } from "../infer/defaulted-columns.ts";
import { type Made, madeOf } from "../infer/moving-values.ts";
import type { ParamUse, RecordUse } from "../infer/param-use.ts";
import { ParamUses } from "../infer/params.ts";
import { privilegesOf } from "../infer/privileges.ts";
import { expandStars, type StarExpansion } from "../infer/stars.ts";
import { valueSubqueries } from "../infer/value-subqueries.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { ParamReasons } from "../model/param-reason.ts";
import type { Command, InsertTarget, Param, Query, RecordParam, StatementKind } from "../model/query.ts";
import type { RowCount } from "../model/row-count.ts";
import type { MacroParam, QuerySource } from "../model/source.ts";
import { constantSql } from "../model/sql.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { type Description, type Engine, EngineBreakdown, PostgresError } from "../postgres/engine.ts";
import { type QueryTree, queryTree, readQueryTree } from "../postgres/query-tree.ts";
import {
  ByteOffsets,
  hasOwnGrammar,
  parseErrorOffset,
  parseStatement,
  type RawStatement,
  unreadStatement,
} from "../postgres/raw-parse.ts";
import { nodesOf, walkRaw } from "../postgres/raw-tree.ts";
import type * as Tree from "../postgres/tree/node-types.ts";
import { quoteIdentifierIfNeeded } from "../sql/quoting.ts";
import { adapt } from "./adaptive/adapt.ts";
import { commandProblem, doubts, resultProblem } from "./commands.ts";
import { toEmbeds } from "./embeds.ts";
import { newerThanTarget } from "./newer-than-target.ts";
import { emptyProblem, refusedProblem, syntaxProblem } from "./query-problem.ts";
import { relationPlaces } from "./relation-places.ts";
import { authored, toColumns } from "./result-columns.ts";
import { asTargetHasIt } from "./target-version.ts";
import { type UtilityAccess, utilityAccess } from "./utility-access.ts";

export type QueryResult =
  | { readonly query: Query; readonly diagnostics?: readonly Diagnostic[] }
  | { readonly diagnostics: readonly Diagnostic[] };

/** Analyses one query against the schema in the engine. Everything it finds wrong comes back as diagnostics. */
export async function analyzeQuery(
  source: QuerySource,
  engine: Engine,
  catalog: CatalogReader,
  parse = parseStatement,
  target: number | null = null,
): Promise<QueryResult> {
  let raw: RawStatement | null;
  try {
    raw = await parse(source.text);
  } catch (error) {
    if (hasOwnGrammar(engine)) return analyzeUnread(source, engine, catalog);
    return syntaxProblem(source, error as Error, parseErrorOffset(source.text, error));
  }
  if (raw === null) return emptyProblem(source);
  const problem = commandProblem(source, raw);
  if (problem) return { diagnostics: [problem] };
  try {
    const query = await analyze(source, raw, engine, catalog, target);
    const unfit = resultProblem(source, raw.kind, query.columns);
    if (unfit) return { diagnostics: [unfit] };
    const newer = target === null ? [] : newerThanTarget(source, raw, catalog.ownFunctionNames, target);
    const adapted = await adapt(source, raw, query, {
      engine,
      analyze: (variant, tree) => analyze(variant, tree, engine, catalog, target),
      typeOf: (oid) => catalog.type(oid),
      made: (variant) => madeOfOutputs(variant, engine, catalog),
    });
    return { ...adapted, diagnostics: [...doubts(source, raw), ...newer, ...adapted.diagnostics] };
  } catch (error) {
    if (error instanceof EngineBreakdown) throw error.at(source.span);
    if (!(error instanceof PostgresError)) throw error;
    return refusedProblem(source, error, engine, target);
  }
}

/** Does so with what a server of another version alone can read: it says whether it is valid, and what it gives. */
async function analyzeUnread(
  source: QuerySource,
  engine: Engine,
  catalog: CatalogReader,
): Promise<QueryResult> {
  try {
    const { columns } = await engine.describe(source.text);
    const raw = unreadStatement(source.text, columns.length > 0);
    const problem = commandProblem(source, raw);
    if (problem) return { diagnostics: [problem] };
    const query = await analyze(source, raw, engine, catalog, null);
    const unfit = resultProblem(source, raw.kind, query.columns);
    return unfit ? { diagnostics: [unfit] } : { query };
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    if (error.sqlState === "42601") return syntaxProblem(source, error, error.offset);
    return refusedProblem(source, error, engine, null);
  }
}

async function analyze(
  source: QuerySource,
  raw: RawStatement,
  engine: Engine,
  catalog: CatalogReader,
  target: number | null,
): Promise<Query> {
  let described = await engine.describe(source.text);
  await catalog.ensureTypes([...described.params, ...described.columns.map((c) => c.type)]);
  const display = described.params.map((oid) => catalog.type(oid)?.display ?? "text");
  const tree = raw.kind in STATEMENTS ? await treeOf(engine, source.text, described, display) : null;
  if (!tree) {
    const access = await utilityAccess(raw, source.text, engine, catalog, (text) =>
      accessOf(text, engine, catalog),
    );
    return utility(source, described, CatalogFacts.of(catalog), access);
  }
  await catalog.ensureForTree(tree.text);

  const expansions = await starExpansions(raw, tree.query, catalog);
  if (target !== null && expansions.length > 0) {
    const relations = relationIds(tree.text).flatMap((oid) => catalog.relation(oid) ?? []);
    const older = asTargetHasIt(source, expansions, described.columns, relations, target);
    const again = older && (await parseStatement(older.text));
    if (again) return analyze(older, again, engine, catalog, null);
  }
  let sql = source.text;
  if (expansions.length > 0) {
    const expanded = replaceStars(source.text, expansions);
    // The expansion must deliver what the star did; where it would not, the star stays.
    const again = await engine.describe(expanded, { tree: false }).catch(() => null);
    if (again && sameColumns(again, described)) {
      sql = expanded;
      described = again;
    }
  }

  const macros = new Map(source.params.map((p) => [p.number, p]));
  const facts = CatalogFacts.of(catalog);
  const offsets = new ByteOffsets(source.text);
  const offsetOf = tree.hasOwnText ? { offsetOf: (location: number) => offsets.toUtf16(location) } : {};
  const uses = ParamUses.of(tree.query, new TreeAnalysis(facts, offsetOf), described.params);
  const params = nameParams(
    described.params.map((type, i) => toParam(i + 1, type, macros.get(i + 1), uses.get(i + 1), facts)),
    macros,
  );
  let places: ReturnType<typeof relationPlaces> | null = null;
  const analysis = new TreeAnalysis(facts, {
    parameter: (n) => params[n - 1] ?? UNKNOWN_PARAMETER,
    isWholeStatement: true,
    ...offsetOf,
    relationAt: (name) => {
      places ??= relationPlaces(raw, source.text, offsets);
      return places.get(name);
    },
  });
  const columns = toColumns(tree.query, described, analysis);
  const rows = analysis.rows(tree.query);
  const subqueries = valueSubqueries(tree.query, analysis);
  const defaulted = defaultedColumns(tree.query, catalog);
  return {
    name: source.name,
    command: source.command,
    span: source.span,
    line: source.line,
    comments: source.comments,
    sql: constantSql(sql),
    statement: STATEMENTS[raw.kind as keyof typeof STATEMENTS],
    rows: { ...rows, because: inFile(rows.because, source) },
    params: params.map((param) => ({ ...param, because: inFile(param.because, source) })),
    columns: columns.map((column) => ({
      ...column,
      because: inFile(column.because, source),
      ...(column.elementsBecause ? { elementsBecause: inFile(column.elementsBecause, source) } : {}),
    })),
    embeds: toEmbeds(source, tree.query, expansions, columns, analysis),
    relations: relationsOf(tree.text, catalog),
    insert: insertTarget(tree.query, raw, catalog),
    ...privilegesOf(tree.query, catalog),
    ...(defaulted.length > 0 && { defaulted }),
    ...(subqueries.length > 0 && { valueSubqueries: subqueries }),
  };
}

/** Says of each output of a statement what it is made of; nothing where that cannot be read. @throws PostgresError */
export async function madeOfOutputs(
  { text }: QuerySource,
  engine: Engine,
  catalog: CatalogReader,
): Promise<Made[]> {
  const tree = await treeOfText(text, engine, catalog);
  if (tree === null) return [];
  const literals = await literalsOf(text);
  // Where the tree is that of a function's body, its places are others, or none.
  const literalsAt = (location: number): readonly string[] =>
    literals.filter((one) => !tree.hasOwnText || one.location === location).map(({ says }) => says);
  return madeOf(tree.query, new TreeAnalysis(CatalogFacts.of(catalog)), literalsAt);
}

/** The string constants of a statement, each as what it says, whichever way it is written. @throws the parser's error */
async function literalsOf(text: string): Promise<{ readonly location: number; readonly says: string }[]> {
  const literals: { location: number; says: string }[] = [];
  walkRaw((await parseStatement(text))?.tree, (kind, node) => {
    if (kind === "A_Const" && node.sval)
      literals.push({ location: node.location ?? 0, says: node.sval.sval ?? "" });
  });
  return literals;
}

/** Reasons whose places are those in the query's file. */
function inFile<R extends object>(because: R, source: QuerySource): R {
  return Object.fromEntries(
    Object.entries(because).map(([key, value]) => [
      key,
      key === "at"
        ? source.toFile(value as number)
        : typeof value === "object"
          ? inFile(value as object, source)
          : value,
    ]),
  ) as R;
}

const UNKNOWN_ROWS: RowCount = {
  atLeastOne: false,
  atMostOne: false,
  because: { atLeastOne: { code: "unknown" }, atMostOne: { code: "unknown" } },
};

const UNKNOWN_PARAMETER: ParameterFacts = { nullable: true, elementsNullable: true };

const STATEMENTS = {
  SelectStmt: "select",
  InsertStmt: "insert",
  UpdateStmt: "update",
  DeleteStmt: "delete",
  MergeStmt: "merge",
} as const satisfies Record<string, StatementKind>;

/** Reads the tree of a statement that PostgreSQL takes; null where it gives none. @throws PostgresError */
export async function treeOfText(
  text: string,
  engine: Engine,
  catalog: CatalogReader,
): Promise<QueryTree | null> {
  const described = await engine.describe(text);
  await catalog.ensureTypes(described.params);
  const display = described.params.map((oid) => catalog.type(oid)?.display ?? "text");
  const tree = await treeOf(engine, text, described, display);
  if (tree !== null) await catalog.ensureForTree(tree.text);
  return tree;
}

/** Says what a statement works on that stands within another one; nothing where PostgreSQL refuses it by itself. */
async function accessOf(text: string, engine: Engine, catalog: CatalogReader): Promise<UtilityAccess> {
  try {
    const tree = await treeOfText(text, engine, catalog);
    if (tree !== null)
      return { relations: relationsOf(tree.text, catalog), ...privilegesOf(tree.query, catalog) };
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
  }
  return { relations: [], privileges: [] };
}

async function treeOf(
  engine: Engine,
  sql: string,
  described: Description,
  display: readonly string[],
): Promise<QueryTree | null> {
  if (described.tree !== undefined) return readQueryTree(described.tree, engine.version);
  try {
    return await queryTree(engine, sql, display);
  } catch (error) {
    // A function's body allows a little less than a statement (0A000, a pseudo-type …): then nothing is proven.
    if (error instanceof PostgresError) return null;
    throw error;
  }
}

/** No tree: everything that PostgreSQL did not say is nullable. */
function utility(
  source: QuerySource,
  described: Description,
  facts: CatalogFacts,
  { relations, ...asked }: UtilityAccess,
): Query {
  const macros = new Map(source.params.map((p) => [p.number, p]));
  return {
    name: source.name,
    command: source.command,
    span: source.span,
    line: source.line,
    comments: source.comments,
    sql: constantSql(source.text),
    statement: "utility",
    rows: UNKNOWN_ROWS,
    params: nameParams(
      described.params.map((type, i) => toParam(i + 1, type, macros.get(i + 1), undefined, facts)),
      macros,
    ),
    columns: described.columns.map(({ name, type }) => ({
      ...authored(name, true, { code: "unproven", subject: "the column" }, null),
      type,
      display: facts.catalog.type(type)?.display ?? "",
      elementsNullable: true,
      dimensions: null,
      origin: null,
      values: null,
      shape: null,
    })),
    embeds: [],
    relations,
    insert: null,
    ...asked,
  };
}

function toParam(
  number: number,
  type: number,
  macro: MacroParam | undefined,
  use: ParamUse | undefined,
  facts: CatalogFacts,
): Param {
  return {
    number,
    name: macro?.name ?? use?.name ?? `dollar_${number}`,
    type,
    display: facts.catalog.type(type)?.display ?? "",
    nullable: macro?.nullable || (!macro?.slice && (use?.nullable ?? true)),
    because: paramReasons(macro, use),
    elementsNullable: use?.elementsNullable ?? true,
    slice: macro?.slice ?? false,
    ...(use?.countsRows ? { countsRows: true as const } : {}),
    ...(use?.isRowTested ? { isRowTested: true as const } : {}),
    origin: use?.origin ?? null,
    values: use?.equal ? facts.allowedTexts(use.equal.relation, use.equal.column.number) : null,
    ...(use?.record && { record: toRecord(use.record, facts) }),
  };
}

function toRecord({ isArray, fields }: RecordUse, facts: CatalogFacts): RecordParam {
  return {
    isArray,
    fields: fields.map(({ name, type, use }, i) => ({
      ...toParam(i + 1, type, undefined, use, facts),
      name,
    })),
  };
}

function paramReasons(macro: MacroParam | undefined, use: ParamUse | undefined): ParamReasons {
  const nullable = macro?.nullable ? "author-narg" : macro?.slice ? "list-of-values" : null;
  return {
    name: macro ? { code: "author-name" } : (use?.because.name ?? { code: "no-name" }),
    nullable: nullable === null ? (use?.because.nullable ?? { code: "shown-null" }) : { code: nullable },
  };
}

/** Names written by the author stay; inferred ones give way with `_2`, `_3`. */
function nameParams(params: readonly Param[], macros: ReadonlyMap<number, MacroParam>): Param[] {
  const taken = new Set([...macros.values()].map((m) => m.name));
  return params.map((param) => {
    if (macros.has(param.number)) return param;
    let name = param.name;
    for (let n = 2; taken.has(name); n++) name = `${param.name}_${n}`;
    taken.add(name);
    return { ...param, name };
  });
}

async function starExpansions(
  raw: RawStatement,
  query: Tree.Query,
  catalog: CatalogReader,
): Promise<StarExpansion[]> {
  const reserved = await catalog.reservedWords();
  const quote = (name: string) => quoteIdentifierIfNeeded(name, reserved);
  const own = expandStars(query, raw.output, quote);
  const insert = insertSourceOf(query);
  const nested = insert ? expandStars(insert, raw.insertSource, quote).map((e) => ({ ...e, first: -1 })) : [];
  return [...own, ...nested].sort((a, b) => a.star.start - b.star.start);
}

function insertSourceOf(query: Tree.Query): Tree.Query | null {
  if (query.commandType !== "CMD_INSERT") return null;
  const rte = query.rtable.find((r) => r.rtekind === "RTE_SUBQUERY" && !r.inFromCl);
  return rte?.rtekind === "RTE_SUBQUERY" ? rte.subquery : null;
}

function replaceStars(text: string, expansions: readonly StarExpansion[]): string {
  let out = "";
  let at = 0;
  for (const { star, text: columns } of expansions) {
    out += text.slice(at, star.start) + columns;
    at = star.end;
  }
  return out + text.slice(at);
}

function sameColumns(a: Description, b: Description): boolean {
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((c, i) => c.name === b.columns[i]!.name && c.type === b.columns[i]!.type) &&
    a.params.length === b.params.length &&
    a.params.every((p, i) => p === b.params[i])
  );
}

function relationIds(tree: string): number[] {
  return [...new Set([...tree.matchAll(/:relid (\d+)/g)].map((match) => Number(match[1])))];
}

function relationsOf(text: string, catalog: CatalogReader): string[] {
  const names = new Set<string>();
  for (const oid of relationIds(text)) {
    const relation = catalog.relation(oid);
    if (relation && relation.kind !== "other") names.add(`${relation.schema}.${relation.name}`);
  }
  return [...names].sort();
}

function insertTarget(query: Tree.Query, raw: RawStatement, catalog: CatalogReader): InsertTarget | null {
  if (raw.kind !== "InsertStmt") return null;
  const rte = query.rtable[query.resultRelation - 1];
  const relation = rte?.rtekind === "RTE_RELATION" ? catalog.relation(rte.relid) : undefined;
  if (!relation) return null;
  const named = nodesOf(raw.tree.cols, "ResTarget");
  const columns =
    named.length > 0
      ? named.map(({ name }) => name ?? "")
      : [...relation.columns.values()].map((c) => c.name);
  return { schema: relation.schema, table: relation.name, columns };
}

export type { Command };
