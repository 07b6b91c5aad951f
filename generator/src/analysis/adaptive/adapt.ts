import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { QuerySource } from "../../model/source.ts";
import type { Deciding, Sql, Variant } from "../../model/sql.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { parseStatement, type RawStatement } from "../../postgres/raw-parse.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import { clausesOf, FIELD, nullTested, type Raw } from "./clauses.ts";
import { Cutting, comparable, type Deciders, leavesOf, prune } from "./cutting.ts";
import { optionalParams, type QueryFlagWord } from "./flags.ts";
import { holdingForAll } from "./merge.ts";
import { misuses, notCut, refusedVariant, tooMany, typeDepends, unfit } from "./problems.ts";
import { bitsOf, setsToPrepare } from "./sets.ts";
import { type Casts, piecesOf, type WrittenVariant, writeVariant } from "./writing.ts";

export type Adapted =
  | { readonly query: Query; readonly diagnostics: readonly Diagnostic[] }
  | { readonly diagnostics: readonly Diagnostic[] };

/** What variants are analysed with. */
export interface Analysing {
  readonly engine: Engine;
  /** Analyses a statement as if it were a query of its own. @throws PostgresError */
  analyze(source: QuerySource, raw: RawStatement): Promise<Query>;
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
  const isWhole = source.flags?.some(({ name }) => name === "whole") ?? false;
  const tested = isWhole || optional.size >= MOST ? new Set<number>() : testedParams(raw, optional);
  if (optional.size > MOST) return { diagnostics: [tooMany(source, optional, MOST)] };
  const found = await adaptBy(source, raw, whole, analysing, optional, tested);
  // What the statement says by itself it says as a whole too.
  const adapted = found === null ? await adaptBy(source, raw, whole, analysing, optional, new Set()) : found;
  if (adapted === null) return { diagnostics: [notCut(source, optional)] };
  const many = "query" in adapted && optional.size > MANY ? [tooMany(source, optional, MANY)] : [];
  return { ...adapted, diagnostics: [...diagnostics, ...adapted.diagnostics, ...many] };
}

/** The parameters that `(@p is null or …)` asks for in a place where that can be decided before. */
function testedParams(raw: RawTree, optional: ReadonlyMap<number, unknown>): ReadonlySet<number> {
  const found = new Set<number>();
  const look = (node: Raw, isInOr: boolean): void => {
    const { boolop, args = [] } = (node.BoolExpr ?? {}) as { boolop?: string; args?: Raw[] };
    if (boolop === "OR_EXPR" || boolop === "AND_EXPR")
      for (const arg of args) look(arg, boolop === "OR_EXPR");
    const number = isInOr ? nullTested(node) : null;
    if (number !== null && !optional.has(number)) found.add(number);
  };
  for (const { kind, owner } of clausesOf(raw))
    if ((kind === "where" || kind === "having" || kind === "on") && owner[FIELD[kind]])
      look(owner[FIELD[kind]] as Raw, false);
  return new Set([...found].slice(0, MOST - optional.size));
}

/** null: what the tests say cannot be decided before, or the text cannot be cut as the grammar reads it. */
async function adaptBy(
  source: QuerySource,
  raw: RawStatement,
  whole: Query,
  analysing: Analysing,
  optional: ReadonlyMap<number, QueryFlagWord>,
  candidates: ReadonlySet<number>,
): Promise<Adapted | null> {
  const wanted: Deciders = { optional: new Set(optional.keys()), tested: candidates };
  const first = new Cutting(source.text, raw, wanted);
  const tests = first.cuts.flatMap((cut) => [...leavesOf(cut)].flatMap((leaf) => leaf.tests ?? []));
  const deciders: Deciders = { ...wanted, tested: new Set(tests) };
  const cutting = new Cutting(source.text, raw, deciders);
  const statement = { [raw.kind]: raw.tree } as Raw;
  const { diagnostics, isFatal } = misuses(source, cutting, statement, deciders, optional);
  if (isFatal) return { diagnostics };
  const deciding = [...deciders.optional, ...deciders.tested].sort((a, b) => a - b);
  if (deciding.length === 0) return { query: whole, diagnostics };

  const { sets, isComplete } = setsToPrepare(cutting, deciding);
  let casts: Casts = new Map();
  for (let attempt = 0; ; attempt++) {
    const prepared: { readonly given: ReadonlySet<number>; readonly query: Query | null }[] = [];
    const depends = new Set<number>();
    for (const given of sets) {
      const written = writeVariant(cutting, given, casts);
      if (!written) continue;
      if (!(await isCutAsRead(written, prune(statement, deciders, given)))) return null;
      try {
        const variant = variantSource(source, written);
        const described =
          deciders.optional.size === 0
            ? { query: null, ...(await analysing.engine.describe(written.text, { tree: false })) }
            : await analysed(variant, analysing);
        if (described === null) return null;
        for (const [i, number] of written.params.entries())
          if (described.params[i] !== whole.params[number - 1]!.type) depends.add(number);
        if (!sameTypes(described.columns, whole) && depends.size === 0) return null;
        prepared.push({ given, query: described.query });
      } catch (error) {
        if (!(error instanceof PostgresError)) throw error;
        if (attempt === 0) for (const number of written.params) depends.add(number);
        else if (deciders.tested.size > 0) return null;
        else
          return {
            diagnostics: [...diagnostics, refusedVariant(source, written, given, optional, whole, error)],
          };
      }
    }
    if (depends.size === 0) {
      const sql = await sqlOf(whole, deciders, deciding, casts, prepared, isComplete);
      if (sql === null) return null;
      const variants = prepared.flatMap(({ query }) => query ?? []);
      return { query: { ...holdingForAll(whole, variants), sql }, diagnostics };
    }
    if (attempt > 0)
      return deciders.tested.size > 0
        ? null
        : { diagnostics: [...diagnostics, typeDepends(source, [...depends], optional, whole)] };
    // With its type beside it a parameter has the same one wherever it first stands.
    casts = new Map([...depends].map((number) => [number, whole.params[number - 1]!.display]));
  }
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

/** What generated code joins, and what was prepared of it. */
async function sqlOf(
  whole: Query,
  deciders: Deciders,
  numbers: readonly number[],
  casts: Casts,
  prepared: readonly { readonly given: ReadonlySet<number> }[],
  isComplete: boolean,
): Promise<Sql | null> {
  const { text } = whole.sql;
  // The text as it is sent has its stars expanded.
  const raw = await parseStatement(text);
  if (raw === null) return null;
  const cutting = new Cutting(text, raw, deciders);
  const deciding = numbers.map(
    (number): Deciding => ({ number, by: deciders.optional.has(number) ? "absence" : "null" }),
  );
  const variants = prepared.flatMap(({ given }): Variant[] => {
    const written = writeVariant(cutting, given, casts);
    return written === null
      ? []
      : [{ given: bitsOf(given, numbers), text: written.text, params: written.params }];
  });
  return { text, pieces: piecesOf(cutting, deciding, casts), deciding, variants, isComplete };
}
