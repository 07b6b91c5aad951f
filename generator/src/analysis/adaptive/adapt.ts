import type { Made } from "../../infer/moving-values.ts";
import type { Oid, PgType } from "../../model/catalog.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { QuerySource } from "../../model/source.ts";
import type { Behind, Deciding, Ordered, Page, Sql, Variant, VariantFacts } from "../../model/sql.ts";
import { holdsTime } from "../../model/times.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { parseStatement, type RawStatement } from "../../postgres/raw-parse.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import { nullPatterns } from "./after.ts";
import { type Choices, choicesOf, decideTests, hasTest, NO_CHOICES } from "./choices.ts";
import { clausesOf, FIELD, nullTested, placeOf, type Raw } from "./clauses.ts";
import { Cutting, comparable, type Deciders, leavesOf, prune } from "./cutting.ts";
import { flagColumns } from "./flag-columns.ts";
import { optionalParams, type QueryFlagWord } from "./flags.ts";
import { factsOf, holdingForAll } from "./merge.ts";
import { needlessFlag, needlessNargs, needlessOrders, needlessTests } from "./needless.ts";
import {
  type Alternative,
  alternativesOf,
  type Ordering,
  orderingOf,
  orderText,
  orderTree,
} from "./ordering.ts";
import {
  behindText,
  isTotal,
  keysOf,
  limitOf,
  moving,
  type Paged,
  shapeProblem,
  unreadable,
  versionOf,
  withKeys,
} from "./paging.ts";
import {
  flagProblem,
  misuses,
  movingKey,
  NAMELESS_ROW,
  NO_ORDER,
  namedTwice,
  notCut,
  notTotal,
  ONE_ALTERNATIVE,
  OPERATOR,
  refusedVariant,
  tooMany,
  typeDepends,
  UNKNOWN_KEYS,
  unfit,
  unknownItem,
} from "./problems.ts";
import { ALL_UP_TO, bitsOf, everything, setsToPrepare } from "./sets.ts";
import { undecidedText } from "./undecided.ts";
import { Words } from "./words.ts";
import {
  type Casts,
  type Insert,
  piecesOf,
  renumbered,
  type WrittenVariant,
  writeVariant,
} from "./writing.ts";

export type Adapted =
  | { readonly query: Query; readonly diagnostics: readonly Diagnostic[] }
  | { readonly diagnostics: readonly Diagnostic[] };

/** What variants are analysed with. */
export interface Analysing {
  readonly engine: Engine;
  /** Analyses a statement as if it were a query of its own. @throws PostgresError */
  analyze(source: QuerySource, raw: RawStatement): Promise<Query>;
  typeOf(oid: Oid): PgType | undefined;
  /** Says of each output what it is made of; nothing where that cannot be read. @throws PostgresError */
  made(source: QuerySource): Promise<readonly Made[]>;
}

/** More bits a number does not have. */
const MOST = 30;
/** Beyond that many it is worth a word that not all variants are prepared. */
const MANY = 12;

/**
 * Makes a query that is the same for all arguments one that adapts, where its flags or its own conditions say so. All that can
 * be sent, or what stands for it, is prepared by PostgreSQL, and holds against the grammar's tree.
 */
export async function adapt(
  source: QuerySource,
  raw: RawStatement,
  whole: Query,
  analysing: Analysing,
): Promise<Adapted> {
  const { optional, diagnostics } = optionalParams(source, whole.params);
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics };
  const wrong = optional.size > 0 ? unfit(source, whole) : null;
  if (wrong) return { diagnostics: [wrong] };
  const shape = await shapeOf(source, raw, whole, analysing, optional.size > 0);
  if (shape !== null && "code" in shape) return { diagnostics: [shape] };
  const { flags = [] } = source;
  const kept = flags.find(({ name }) => name === "whole");
  const isWhole = kept !== undefined;
  const asked = testedParams(raw, whole, optional);
  const tested = isWhole || optional.size >= MOST ? new Set<number>() : asked;
  if (optional.size > MOST) return { diagnostics: [tooMany(source, optional, MOST)] };
  if (shape) diagnostics.push(...shape.doubts);
  const subject = shape?.paged ?? { source, raw, whole };
  const choosing: Choosing = (text, tree) => choicesIn(text, tree, whole, optional, shape);
  const found = choosing(subject.source.text, subject.raw);
  const choices = isWhole ? NO_CHOICES : found;
  if (kept && found.tests.length === 0 && asked.size === 0)
    diagnostics.push(
      needlessFlag(source, kept, "nothing of the statement would be decided before it is sent"),
    );
  const decides = choices.tests.length > 0 && choices.tests.length + tested.size + optional.size <= MOST;
  // Most queries are the same whatever they are given.
  if (optional.size === 0 && tested.size === 0 && !decides && shape === null)
    return { query: whole, diagnostics };
  const by = (tests: ReadonlySet<number>, chooses: boolean) =>
    adaptBy(subject, analysing, optional, tests, chooses ? choosing : () => NO_CHOICES, shape);
  // What the statement says by itself it says as a whole too.
  const adapted =
    (decides ? await by(tested, true) : null) ?? (await by(tested, false)) ?? (await by(new Set(), false));
  if (adapted === null) return { diagnostics: [notCut(source, optional)] };
  const many = "query" in adapted && optional.size > MANY ? [tooMany(source, optional, MANY)] : [];
  return { ...adapted, diagnostics: [...diagnostics, ...adapted.diagnostics, ...many] };
}

/** Finds the tests of CASE that are decided before, in a text. */
type Choosing = (text: string, raw: RawTree) => Choices;

function choicesIn(
  text: string,
  raw: RawTree,
  { params }: Query,
  optional: ReadonlyMap<number, unknown>,
  shape: Shape | null,
): Choices {
  const deciding = params.filter(({ number, slice }) => !slice && !optional.has(number));
  if (deciding.length === 0 || !/\bcase\b/i.test(text)) return NO_CHOICES;
  const words = new Words(text);
  // What a flag says of ORDER BY is in its place.
  const ordering = shape && orderingOf(words, raw as RawStatement);
  return choicesOf(
    words,
    deciding,
    ({ start, end }) => ordering !== null && start >= ordering.start && end <= ordering.end,
  );
}

/** How a statement can be ordered, and read in pages. */
interface Shape {
  /** What need not be said of the order. */
  readonly doubts: readonly Diagnostic[];
  readonly alternatives: readonly Alternative[];
  /** Null where it is not read in pages. */
  readonly paged: Paged | null;
}

/** Gives what flags say of the order; null where they say nothing of it. */
async function shapeOf(
  source: QuerySource,
  raw: RawStatement,
  whole: Query,
  analysing: Analysing,
  hasOptional: boolean,
): Promise<Shape | Diagnostic | null> {
  const sorts = (source.flags ?? []).filter(({ name }) => name === "sort");
  const keyset = (source.flags ?? []).find(({ name }) => name === "keyset");
  if (sorts.length === 0 && !keyset) return null;
  const problem = keyset ? shapeProblem(raw, whole.command) : null;
  if (keyset && problem) return flagProblem(source, keyset, problem);
  const sent = keyset ? await sentOf(source, raw, whole) : { text: source.text, raw };
  const ordering = orderingOf(new Words(source.text), raw, sent.raw);
  const [sort] = sorts;
  if (!ordering) return flagProblem(source, (sort ?? keyset)!, NO_ORDER);
  if (ordering.items.some(({ hasOperator }) => hasOperator))
    return flagProblem(source, (sort ?? keyset)!, OPERATOR);
  const { alternatives, unknown } = alternativesOf(sorts, ordering);
  if (unknown[0]) return unknownItem(source, unknown[0], ordering);
  const twice = alternatives.find(({ label }, i) => alternatives.findIndex((one) => one.label === label) < i);
  if (twice) return namedTwice(source, twice);
  const doubts = needlessOrders(source, alternatives);
  if (sort && alternatives.length - doubts.length < 2) return flagProblem(source, sort, ONE_ALTERNATIVE);
  const all = sort ? alternatives : [{ label: "", items: ordering.items.map((_, i) => i) }];
  const keyed = keyset ? withKeys(source, raw, ordering, sent) : null;
  if (!keyset) return { alternatives: all, paged: null, doubts };
  if (!keyed) return flagProblem(source, keyset, UNKNOWN_KEYS);
  const tree = await parseStatement(keyed.source.text);
  if (tree === null) return flagProblem(source, keyset, NO_ORDER);
  const found = await analysing.analyze(keyed.source, tree);
  if (unreadable(found, ordering, analysing.typeOf)) return flagProblem(source, keyset, NAMELESS_ROW);
  const made = await analysing.made(keyed.source);
  const moved = moving(made, ordering);
  if (moved) return movingKey(source, moved);
  const keys = keysOf(found, keyed.expressions, ordering, made, hasOptional, analysing.typeOf);
  const paged = { source: keyed.source, raw: tree, whole: found, keys, limit: limitOf(raw.tree as Raw)! };
  return { alternatives: all, paged, doubts };
}

/**
 * The statement as PostgreSQL looks for a name of ORDER BY in it: among all outputs, of stars too. Of one table alone a name is its
 * column's wherever it stands.
 */
async function sentOf(
  { text }: QuerySource,
  raw: RawStatement,
  whole: Query,
): Promise<{ readonly text: string; readonly raw: RawStatement }> {
  const from = ((raw.tree as Raw).fromClause ?? []) as Raw[];
  const own = { text, raw };
  if (from.length < 2 && !from[0]?.JoinExpr) return own;
  const sent = await parseStatement(whole.sql.text);
  return sent === null ? own : { text: whole.sql.text, raw: sent };
}

/**
 * The parameters that `(@p is null or …)` asks for in a place where that can be decided before. Of a composite type it cannot:
 * `row(null, null) is null` holds, too.
 */
function testedParams(
  raw: RawTree,
  { params }: Query,
  optional: ReadonlyMap<number, unknown>,
): ReadonlySet<number> {
  const found = new Set<number>();
  const rows = new Set(params.filter(({ isRowTested }) => isRowTested).map(({ number }) => number));
  const look = (node: Raw, isInOr: boolean): void => {
    const { boolop, args = [] } = (node.BoolExpr ?? {}) as { boolop?: string; args?: Raw[] };
    if (boolop === "OR_EXPR" || boolop === "AND_EXPR")
      for (const arg of args) look(arg, boolop === "OR_EXPR");
    const number = isInOr ? nullTested(node) : null;
    if (number !== null && !optional.has(number) && !rows.has(number)) found.add(number);
  };
  for (const { kind, owner } of clausesOf(raw))
    if ((kind === "where" || kind === "having" || kind === "on") && owner[FIELD[kind]])
      look(owner[FIELD[kind]] as Raw, false);
  return new Set([...found].slice(0, MOST - optional.size));
}

/** Tells whether what is delivered depends on a test: one stands in the list of columns. */
function decidesColumns(raw: RawTree, choices: Choices, { columns }: Query): boolean {
  const { targetList, returningList } = raw.tree as Raw;
  return columns.length > 0 && hasTest(raw.kind === "SelectStmt" ? targetList : returningList, choices);
}

/** What adapts: the statement, or that with the keys of its pages. */
interface Subject {
  readonly source: QuerySource;
  readonly raw: RawStatement;
  readonly whole: Query;
}

/** One way to send it. */
interface Way {
  readonly given: ReadonlySet<number>;
  readonly order: number;
  /** Which of the cursor's values are NULL; null without a cursor. */
  readonly behind: string | null;
}

/** All ways where they are few; else each order and cursor with nothing given and with everything. */
function waysOf(
  sets: readonly ReadonlySet<number>[],
  shape: Shape | null,
  most: ReadonlySet<number>,
): { readonly ways: readonly Way[]; readonly isComplete: boolean } {
  const orders = (shape?.alternatives ?? [{ label: "", items: [] }]).flatMap((alternative, i) =>
    [0, 1].flatMap((backwards) => {
      const keys = alternative.items.flatMap((item) => shape?.paged?.keys[item] ?? []);
      const behind = shape?.paged ? [null, ...nullPatterns(keys)] : [null];
      return shape || backwards === 0 ? behind.map((one) => ({ order: 2 * i + backwards, behind: one })) : [];
    }),
  );
  const all = sets.length * orders.length <= ALL_UP_TO;
  const few = [new Set<number>(), most];
  const ways = orders.flatMap((order, i) =>
    (all || i === 0 ? sets : most.size === 0 ? few.slice(1) : few).map((given) => ({
      given,
      ...order,
    })),
  );
  return { ways, isComplete: all };
}

/** Gives what is put into the text for a way. */
function insertsOf(text: string, raw: RawStatement, shape: Shape | null, { order, behind }: Way): Insert[] {
  return piecesOfShape(text, raw, shape).map(({ piece, ...stretch }) => ({
    ...stretch,
    text:
      "orders" in piece ? piece.orders[order]! : behind === null ? "" : piece.behind[`${order}/${behind}`]!,
  }));
}

/** The pieces that an order and a cursor decide about, and where they stand. */
function piecesOfShape(
  text: string,
  raw: RawStatement,
  shape: Shape | null,
): (Insert & { readonly piece: Ordered | Behind })[] {
  const words = new Words(text);
  const ordering = shape && orderingOf(words, raw);
  if (!shape || !ordering) return [];
  const { paged, alternatives } = shape;
  const both = alternatives.flatMap((alternative) =>
    [false, true].map((backwards) => ({ alternative, backwards })),
  );
  const orders = both.map(({ alternative, backwards }) =>
    orderText(ordering.items, alternative, backwards, paged !== null),
  );
  const order = { start: ordering.start, end: ordering.end, text: "", piece: { orders } };
  const place = paged && placeOf({ kind: "where", owner: raw.tree as Raw, statement: "select" }, words);
  if (!paged || !place) return [order];
  const behind = Object.fromEntries(
    both.flatMap(({ alternative, backwards }, i) =>
      nullPatterns(alternative.items.map((item) => paged.keys[item]!)).map((pattern) => [
        `${i}/${pattern}`,
        behindText(paged, alternative, backwards, pattern),
      ]),
    ),
  );
  const end = words.all[place.to - 1]!.end;
  return [{ start: end, end, text: "", piece: { behind } }, order];
}

/** The tree that a way must parse to. */
async function expectedTree(
  pruned: Raw,
  shape: Shape | null,
  ordering: Ordering | null,
  { order, behind }: Way,
  inserts: readonly Insert[],
): Promise<Raw> {
  const select = pruned.SelectStmt as Raw | undefined;
  if (!shape || !ordering || !select) return pruned;
  const alternative = shape.alternatives[Math.floor(order / 2)]!;
  select.sortClause = orderTree(
    select.sortClause as Raw[],
    ordering.items,
    alternative,
    order % 2 === 1,
    shape.paged !== null,
  );
  if (behind === null) return pruned;
  const condition = inserts.find(({ start, end }) => start === end)!.text.replace(/^ and /, "");
  const read = await parseStatement(`select where ${condition}`);
  const added = (read!.tree as Raw).whereClause as Raw;
  select.whereClause = { BoolExpr: { boolop: "AND_EXPR", args: [select.whereClause as Raw, added] } };
  return pruned;
}

/** null: what the tests say cannot be decided before, or the text cannot be cut as the grammar reads it. */
async function adaptBy(
  { source, raw, whole }: Subject,
  analysing: Analysing,
  optional: ReadonlyMap<number, QueryFlagWord>,
  candidates: ReadonlySet<number>,
  choosing: Choosing,
  shape: Shape | null,
): Promise<Adapted | null> {
  const keepsWhere = shape?.paged != null;
  const wanted: Deciders = { optional: new Set(optional.keys()), tested: candidates, keepsWhere };
  const first = new Cutting(source.text, raw, wanted);
  const tests = first.cuts.flatMap((cut) => [...leavesOf(cut)].flatMap((leaf) => leaf.tests ?? []));
  const deciders: Deciders = { ...wanted, tested: new Set(tests) };
  const choices = choosing(source.text, raw);
  const cutting = new Cutting(source.text, raw, deciders, choices.places);
  const statement = { [raw.kind]: raw.tree } as Raw;
  const misused = misuses(source, cutting, statement, deciders, optional);
  if (misused.isFatal) return { diagnostics: misused.diagnostics };
  const doubts = await needlessIn(source, raw, whole, cutting, optional, analysing);
  const diagnostics = [...misused.diagnostics, ...doubts];
  const deciding = [...deciders.optional, ...deciders.tested].sort((a, b) => a - b);
  const { tests: caseTests } = choices;
  if (deciding.length === 0 && caseTests.length === 0 && !shape) return { query: whole, diagnostics };

  const isAnalysed = deciders.optional.size > 0 || decidesColumns(raw, choices, whole);
  const ordering = shape && orderingOf(new Words(source.text), raw);
  const { sets, isComplete } = setsToPrepare(cutting, deciding, caseTests);
  const { ways, isComplete: isEach } = waysOf(sets, shape, everything(deciding, caseTests));
  const isIdiom = deciders.tested.size > 0 || caseTests.length > 0;
  let casts: Casts = new Map();
  for (let attempt = 0; ; attempt++) {
    const prepared: { readonly way: Way; readonly query: Query | null }[] = [];
    const depends = new Set<number>();
    for (const way of ways) {
      const { given } = way;
      const inserts = insertsOf(source.text, raw, shape, way);
      const written = writeVariant(cutting, given, casts, inserts);
      if (!written) continue;
      const pruned = prune(statement, deciders, given);
      decideTests(pruned, choices, given, shape && pruned.SelectStmt?.sortClause);
      const expected = await expectedTree(pruned, shape, ordering, way, inserts);
      if (!(await isCutAsRead(written, expected))) return null;
      try {
        const described = !isAnalysed
          ? { query: null, ...(await analysing.engine.describe(written.text, { tree: false })) }
          : await analysed(variantSource(source, written), analysing);
        if (described === null) return null;
        for (const [i, number] of written.params.entries()) {
          const param = whole.params[number - 1];
          // The others are a cursor's, which say their types.
          if (param && described.params[i] !== param.type) depends.add(number);
        }
        if (!sameTypes(described.columns, whole) && depends.size === 0) return null;
        prepared.push({ way, query: described.query });
      } catch (error) {
        if (!(error instanceof PostgresError)) throw error;
        if (attempt === 0) for (const number of written.params) depends.add(number);
        else if (isIdiom) return null;
        else
          return {
            diagnostics: [...diagnostics, refusedVariant(source, written, given, optional, whole, error)],
          };
      }
    }
    if (depends.size === 0) {
      const all = prepared.flatMap(({ query }) => query ?? []);
      const isAll = isComplete && isEach;
      const undecided = isAll || !isAnalysed ? null : await undecidedQuery(source, cutting, analysing);
      // Not each branch of a CASE is in one of those that stand for all.
      const branches = isAll || caseTests.length === 0 ? [] : [whole];
      const merged = holdingForAll(whole, [...all, ...(undecided ? [undecided] : []), ...branches]);
      const total = await totalProblem(source, cutting, raw, merged, shape, analysing);
      if (total) return { diagnostics: [...diagnostics, total] };
      const facts = prepared.map(({ way, query }) => ({ way, known: query && factsOf(query, merged) }));
      const sql = await sqlOf(
        whole,
        deciders,
        deciding,
        choosing,
        casts,
        shape,
        facts,
        isAll,
        analysing.typeOf,
      );
      if (sql === null) return null;
      const columns = merged.columns.slice(0, merged.columns.length - (shape?.paged?.keys.length ?? 0));
      const flags = isAnalysed && isAll ? flagColumns(whole, columns, caseTests, prepared) : [];
      const query = { ...merged, columns, sql, ...(flags.length > 0 && { flags }) };
      return { query, diagnostics };
    }
    if (attempt > 0)
      return isIdiom
        ? null
        : { diagnostics: [...diagnostics, typeDepends(source, [...depends], optional, whole)] };
    // With its type beside it a parameter has the same one wherever it first stands.
    casts = new Map(
      [...depends].flatMap((number) => {
        const param = whole.params[number - 1];
        return param ? [[number, param.display] as const] : [];
      }),
    );
  }
}

/** Analyses what is known whichever parts are left out; null where it cannot be said in one statement. */
async function undecidedQuery(
  source: QuerySource,
  cutting: Cutting,
  { analyze }: Analysing,
): Promise<Query | null> {
  const text = renumbered(undecidedText(cutting));
  const raw = await parseStatement(text);
  if (raw === null) return null;
  try {
    const query = await analyze({ ...source, text, params: [], embeds: [], toFile: () => 0 }, raw);
    // It is not sent.
    return { ...query, privileges: [] };
  } catch (error) {
    if (error instanceof PostgresError) return null;
    throw error;
  }
}

/** Gives what need not be said of parameters that are optional. */
async function needlessIn(
  source: QuerySource,
  raw: RawStatement,
  whole: Query,
  cutting: Cutting,
  optional: ReadonlyMap<number, QueryFlagWord>,
  { analyze }: Analysing,
): Promise<Diagnostic[]> {
  const tests = needlessTests(source, cutting, optional);
  if (!source.params.some(({ number, nullable }) => nullable && optional.has(number)))
    return tests.diagnostics;
  const bare = { ...source, params: source.params.map((one) => ({ ...one, nullable: false })) };
  const { params } = await analyze(bare, raw);
  const nargs = needlessNargs(source, cutting.words, whole, params, optional, tests.params);
  return [...tests.diagnostics, ...nargs];
}

/** A page must not begin among rows that are alike to its order. */
async function totalProblem(
  source: QuerySource,
  cutting: Cutting,
  raw: RawStatement,
  whole: Query,
  shape: Shape | null,
  { analyze }: Analysing,
): Promise<Diagnostic | null> {
  const keyset = source.flags?.find(({ name }) => name === "keyset");
  if (!shape?.paged || !keyset) return null;
  for (const [i, alternative] of shape.alternatives.entries()) {
    const way = { given: new Set<number>(), order: 2 * i, behind: null };
    const least = writeVariant(cutting, way.given, new Map(), insertsOf(source.text, raw, shape, way));
    const paged = { ...shape.paged, whole };
    if (least === null || !(await isTotal(paged, alternative, least.before, analyze)))
      return flagProblem(source, keyset, notTotal(alternative.label));
  }
  return null;
}

async function isCutAsRead({ before }: WrittenVariant, expected: Raw): Promise<boolean> {
  const read = await parseStatement(before).catch(() => null);
  return read !== null && comparable({ [read.kind]: read.tree }) === comparable(expected);
}

async function analysed(source: QuerySource, { analyze }: Analysing) {
  const raw = await parseStatement(source.text);
  if (raw === null) return null;
  const query = await analyze(source, raw);
  return { query, params: query.params.map(({ type }) => type), columns: query.columns };
}

function sameTypes(columns: readonly { readonly type: number }[], whole: Query): boolean {
  return (
    columns.length === whole.columns.length && columns.every(({ type }, i) => type === whole.columns[i]!.type)
  );
}

/** A variant as a query of its own, its places those of the file. */
function variantSource(source: QuerySource, { text, params, toWhole }: WrittenVariant): QuerySource {
  const inVariant = (offset: number): number => {
    let at = offset;
    // Nothing that is left out or renumbered makes what stands in front of it longer by much.
    for (at = Math.min(text.length, offset + 3 * text.length); at > 0 && toWhole(at) > offset; ) at--;
    return at;
  };
  return {
    ...source,
    text,
    params: source.params.flatMap((macro) => {
      const index = params.indexOf(macro.number);
      return index === -1 ? [] : [{ ...macro, number: index + 1 }];
    }),
    embeds: source.embeds.map((embed) => ({
      ...embed,
      start: inVariant(embed.start),
      end: inVariant(embed.end),
    })),
    toFile: (offset) => source.toFile(toWhole(offset)),
  };
}

/** Gives what generated code joins, and what was prepared of it. */
async function sqlOf(
  whole: Query,
  deciders: Deciders,
  numbers: readonly number[],
  choosing: Choosing,
  casts: Casts,
  shape: Shape | null,
  prepared: readonly { readonly way: Way; readonly known: VariantFacts | null }[],
  isComplete: boolean,
  typeOf: Analysing["typeOf"],
): Promise<Sql | null> {
  const { text } = whole.sql;
  // The text as it is sent has its stars expanded.
  const raw = await parseStatement(text);
  if (raw === null) return null;
  const { tests, places } = choosing(text, raw);
  const cutting = new Cutting(text, raw, deciders, places);
  const decidedBy = [
    ...numbers.map((number) => ({
      id: number,
      number,
      by: deciders.optional.has(number) ? ("absence" as const) : ("null" as const),
    })),
    ...tests.map(({ id, param, value }) => ({ id, number: param, by: "value" as const, value })),
  ];
  const deciding = decidedBy.map(({ id: _, ...one }): Deciding => one);
  const ids = decidedBy.map(({ id }) => id);
  const columns = whole.columns.length - (shape?.paged?.keys.length ?? 0);
  const variants = prepared.flatMap(({ way, known }): Variant[] => {
    const { given, order, behind } = way;
    const written = writeVariant(cutting, given, casts, insertsOf(text, raw, shape, way));
    if (written === null) return [];
    const notNull = known?.notNull.filter(({ column }) => column < columns) ?? [];
    return [
      {
        given: bitsOf(given, ids),
        order,
        behind,
        text: written.text,
        params: written.params,
        ...((notNull.length > 0 || known?.rows) && { known: { notNull, rows: known?.rows ?? null } }),
      },
    ];
  });
  const inserted = piecesOfShape(text, raw, shape).map(({ start, end, piece }) => ({ start, end, piece }));
  const pieces = piecesOf(cutting, decidedBy, casts, inserted);
  const orders = shape?.alternatives.map(({ label }) => label) ?? [];
  const page = shape?.paged ? pageOf(shape.alternatives, shape.paged, whole, inserted, typeOf) : null;
  return { text, pieces, deciding, orders, page, variants, isComplete };
}

function pageOf(
  alternatives: readonly Alternative[],
  { keys, limit }: Paged,
  { name, columns }: Query,
  inserted: readonly { readonly piece: Ordered | Behind }[],
  typeOf: (oid: Oid) => PgType | undefined,
): Page {
  const first = columns.length - keys.length;
  const texts = inserted.flatMap(({ piece }) => ("orders" in piece ? piece.orders : []));
  return {
    keys: alternatives.map(({ items }) => items.map((item) => first + item)),
    params: alternatives.map(({ items }) =>
      [...new Set(items.flatMap((item) => keys[item]!.params))].sort((a, b) => a - b),
    ),
    limit,
    dated: columns.flatMap(({ type }, i) => (i >= first && holdsTime(type, typeOf) ? [i] : [])),
    version: versionOf([name, ...texts, ...columns.slice(first).map(({ display }) => display)]),
  };
}
