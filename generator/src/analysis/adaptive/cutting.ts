import type { RawTree } from "../../postgres/raw-tree.ts";
import {
  type ClausePlace,
  clausesOf,
  FIELD,
  nullTested,
  paramsIn,
  placeOf,
  type Raw,
  type RawClause,
} from "./clauses.ts";
import { type Run, Words } from "./words.ts";

/** A stretch of the statement's text. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Where the text has a test of CASE, which is `true` or `false` in what is sent; without one what is not sent at all. */
export interface TestPlace extends Stretch {
  readonly id: number | null;
}

/** What is kept or left out as a whole. */
export interface Leaf extends Stretch {
  readonly kind: "leaf";
  /** The parameters without which it is left out. */
  readonly needs: ReadonlySet<number>;
  /** The parameter of which it asks whether it is null, where that decides. */
  readonly tests: number | null;
}

/** Conditions joined by AND or OR, assignments, or the one thing that LIMIT or OFFSET has. */
export interface List {
  readonly kind: "list";
  readonly any: boolean;
  readonly open: Stretch;
  readonly close: Stretch;
  /** Each with what stands in front of it. */
  readonly items: readonly { readonly lead: Stretch; readonly part: Leaf | List }[];
  /** What stands there where nothing is kept; null where that cannot be. */
  readonly none: string | null;
}

/** A clause of which parts can be left out. */
export interface Cut extends List {
  readonly clause: RawClause;
  readonly place: ClausePlace;
}

/** Which parameters decide. */
export interface Deciders {
  /** A part that mentions one is left out where it is absent. */
  readonly optional: ReadonlySet<number>;
  /** `(@p is null or …)` holds where it is null. */
  readonly tested: ReadonlySet<number>;
  /** Whether the statement's own WHERE is kept whatever is left of it, as a condition is put behind it. */
  readonly keepsWhere?: boolean;
}

/** A statement's text, cut into what stays and what can be left out. */
export class Cutting {
  readonly words: Words;
  readonly cuts: readonly Cut[];
  /** Where the tests of CASE stand that are decided before, in order. */
  readonly places: readonly TestPlace[];
  readonly #deciders: Deciders;
  readonly #own: unknown;

  constructor(text: string, statement: RawTree, deciders: Deciders, places: readonly TestPlace[] = []) {
    this.words = new Words(text);
    this.places = places;
    this.#deciders = deciders;
    this.#own = statement.tree;
    const all = [...deciders.optional, ...deciders.tested];
    this.cuts = clausesOf(statement)
      .filter(({ kind, owner }) => {
        const mentioned = paramsIn(owner[FIELD[kind]]);
        return all.some((number) => mentioned.has(number));
      })
      .flatMap((clause) => this.#cut(clause) ?? [])
      .sort((a, b) => a.open.start - b.open.start);
  }

  #cut(clause: RawClause): Cut | null {
    const place = placeOf(clause, this.words);
    if (!place || place.to <= place.from) return null;
    const { kind, statement } = clause;
    const run = { from: place.from, to: place.to };
    const list: Pick<List, "any" | "items"> =
      kind === "set"
        ? { any: false, items: this.#items(this.words.split(run, ",").map((one) => this.#leaf(one))) }
        : kind === "limit" || kind === "offset"
          ? { any: false, items: this.#items([this.#leaf(run)]) }
          : this.#asList(resolved(this.#condition(run)));
    if (!list.items.some(({ part }) => decides(part))) return null;
    const open = { start: this.#endOf(place.keyword - 1), end: startOf(list.items[0]!.part) };
    const close = { start: this.words.all[place.to - 1]!.end, end: this.words.all[place.to - 1]!.end };
    const next = this.words.text.slice(close.end, close.end + 1);
    const space = /[\w"'$(]/.test(next) ? " " : "";
    const none =
      kind === "set"
        ? null
        : kind === "on"
          ? ` on true${space}`
          : kind === "where" &&
              (statement !== "select" || (this.#deciders.keepsWhere && clause.owner === this.#own))
            ? ` where true${space}`
            : space;
    return { kind: "list", ...list, open, close, none, clause, place };
  }

  /** A condition as one of its list, so that what stands around it goes with the list. */
  #asList(part: Leaf | List): Pick<List, "any" | "items"> {
    const isBare = part.kind === "list" && part.open.start === part.open.end;
    return isBare ? { any: part.any, items: part.items } : { any: false, items: this.#items([part]) };
  }

  #condition(run: Run): Leaf | List {
    for (const word of ["or", "and"] as const) {
      const runs = this.words.split(run, word);
      if (runs.length < 2) continue;
      const list = this.#list(
        run,
        word === "or",
        runs.map((one) => this.#condition(one)),
      );
      return isOnePart(list) ? this.#leaf(run) : list;
    }
    if (!this.words.isParenthesized(run)) return this.#leaf(run);
    const inner = this.#condition({ from: run.from + 1, to: run.to - 1 });
    if (inner.kind === "leaf") return { ...this.#leaf(run), tests: inner.tests };
    const start = this.words.all[run.from]!.start;
    const end = this.words.all[run.to - 1]!.end;
    return { ...inner, open: { start, end: inner.open.end }, close: { start: inner.close.start, end } };
  }

  /** The parameter of `$1 is null`, `$1::numeric(3, 2) is null`, where such decide. */
  #nullTest({ from, to }: Run): number | null {
    const words = this.words.all.slice(from, to).map(({ text }) => text);
    const [first = ""] = words;
    if (!/^\$\d+$/.test(first) || words.at(-2) !== "is" || words.at(-1) !== "null") return null;
    const between = words.slice(1, -2);
    const isCast =
      between.length === 0 || (between[0] === "::" && !between.some((word) => NO_TYPE.test(word)));
    const number = Number(first.slice(1));
    return isCast && this.#deciders.tested.has(number) ? number : null;
  }

  #list({ from, to }: Run, any: boolean, parts: readonly (Leaf | List)[]): List {
    const at = (offset: number): Stretch => ({ start: offset, end: offset });
    return {
      kind: "list",
      any,
      open: at(this.words.all[from]!.start),
      close: at(this.words.all[to - 1]!.end),
      items: this.#items(parts),
      none: null,
    };
  }

  #items(parts: readonly (Leaf | List)[]): List["items"] {
    return parts.map((part, i) => ({
      lead:
        i === 0
          ? { start: startOf(part), end: startOf(part) }
          : { start: endOf(parts[i - 1]!), end: startOf(part) },
      part,
    }));
  }

  #leaf(run: Run): Leaf {
    const needs = [...this.words.params(run)].filter((number) => this.#deciders.optional.has(number));
    return {
      kind: "leaf",
      start: this.words.all[run.from]!.start,
      end: this.words.all[run.to - 1]!.end,
      needs: new Set(needs),
      tests: this.#nullTest(run),
    };
  }

  #endOf(index: number): number {
    return this.words.all[index]?.end ?? 0;
  }
}

/** What stands in no type's name. */
const NO_TYPE = /^(?:and|or|is|not|in|between|like|\$\d+|[-=<>+*/|&@!]+)$/;

/**
 * A test for NULL decides only where it is one of several that OR joins, another of which is none, and where nothing of that
 * OR can be left out for another reason: else it would not be the same.
 */
function resolved<P extends Leaf | List>(part: P): P;
function resolved(part: Leaf | List): Leaf | List {
  if (part.kind === "leaf") return { ...part, tests: null };
  if (!part.any) return withParts(part, resolved);
  const parts = disjuncts(part);
  const isIdiom =
    parts.some((one) => one.kind === "leaf" && one.tests !== null) &&
    parts.some((one) => one.kind === "list" || one.tests === null) &&
    [...leavesOf(part)].every(({ needs }) => needs.size === 0);
  const within = (one: Leaf | List): Leaf | List => {
    if (one.kind === "list" && one.any) return withParts(one, within);
    return one.kind === "leaf" && isIdiom ? one : resolved(one);
  };
  return withParts(part, within);
}

function withParts(list: List, change: (part: Leaf | List) => Leaf | List): List {
  return { ...list, items: list.items.map(({ lead, part }) => ({ lead, part: change(part) })) };
}

/** Gives what an OR joins, and those inside it. */
function disjuncts(list: List): (Leaf | List)[] {
  return list.items.flatMap(({ part }) => (part.kind === "list" && part.any ? disjuncts(part) : [part]));
}

function startOf(part: Leaf | List): number {
  return part.kind === "leaf" ? part.start : part.open.start;
}

function endOf(part: Leaf | List): number {
  return part.kind === "leaf" ? part.end : part.close.end;
}

/** Tells whether all of it is kept or left out together. */
function isOnePart(list: List): boolean {
  const leaves = [...leavesOf(list)];
  const needs = new Set(leaves.map((leaf) => [...leaf.needs].sort().join()));
  return needs.size === 1 && leaves.every(({ tests }) => tests === null);
}

function decides(part: Leaf | List): boolean {
  if (part.kind === "leaf") return part.needs.size > 0 || part.tests !== null;
  return part.items.some((item) => decides(item.part));
}

/** All leaves of a part. */
export function* leavesOf(part: Leaf | List): Iterable<Leaf> {
  if (part.kind === "leaf") yield part;
  else for (const item of part.items) yield* leavesOf(item.part);
}

/** A statement's tree with what is not given taken out: what the text of a variant must parse to. */
export function prune(
  statement: Raw,
  { optional, tested, keepsWhere }: Deciders,
  given: ReadonlySet<number>,
): Raw {
  const copy = structuredClone(statement);
  const isOut = (node: unknown): boolean =>
    [...paramsIn(node)].some((number) => optional.has(number) && !given.has(number));
  /** undefined: nothing is left of it. */
  const condition = (node: Raw): Raw | true | undefined => {
    const bool = node.BoolExpr as Raw | undefined;
    if (!bool || bool.boolop === "NOT_EXPR") return isOut(node) ? undefined : node;
    const any = bool.boolop === "OR_EXPR";
    const args = flattened(node);
    const tests = args.map((arg) => {
      const number = any ? nullTested(arg) : null;
      return number !== null && tested.has(number) ? number : null;
    });
    const isIdiom =
      tests.some((one) => one === null) && ![...paramsIn(node)].some((number) => optional.has(number));
    const kept: Raw[] = [];
    let held = false;
    for (const [i, arg] of args.entries()) {
      const test = tests[i];
      if (isIdiom && test !== null && test !== undefined) {
        if (!given.has(test)) return true;
        continue;
      }
      const one = condition(arg);
      if (one === true) {
        if (any) return true;
        held = true;
      } else if (one) kept.push(one);
    }
    if (kept.length === 0) return held ? true : undefined;
    return kept.length === 1 ? kept[0] : { BoolExpr: { boolop: bool.boolop, args: kept } };
  };
  for (const { kind, owner, statement: of } of clausesOf(copy)) {
    const field = FIELD[kind];
    const value = owner[field];
    if (value === undefined) continue;
    if (kind === "set") owner[field] = (value as Raw[]).filter((item) => !isOut(item));
    else if (kind === "limit" || kind === "offset") {
      if (isOut(value)) delete owner[field];
    } else {
      const left = condition(value as Raw);
      if (left !== true && left !== undefined) owner[field] = left;
      else if (
        kind === "on" ||
        (kind === "where" && (of !== "select" || (keepsWhere && owner === copy.SelectStmt)))
      )
        owner[field] = TRUE;
      else delete owner[field];
    }
  }
  return copy;
}

const TRUE: Raw = { A_Const: { boolval: { boolval: true } } };

/** A OR inside an OR is one; so is an AND. */
function flattened(node: Raw): Raw[] {
  const { boolop, args } = node.BoolExpr as { boolop: string; args: Raw[] };
  return args.flatMap((arg) => (arg.BoolExpr?.boolop === boolop ? flattened(arg) : [arg]));
}

const PLACES = new Set([
  "location",
  "stmt_len",
  "stmt_location",
  "rexpr_list_start",
  "rexpr_list_end",
  "list_start",
  "list_end",
]);

/** The tree as text, without places, with what the grammar may write in two ways written in one. */
export function comparable(tree: unknown): string {
  return JSON.stringify(normal(tree));
}

function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null) return value;
  const node = value as Raw;
  if (node.BoolExpr && node.BoolExpr.boolop !== "NOT_EXPR") {
    const args = flattened(node).map(normal);
    return args.length === 1 ? args[0] : { BoolExpr: { boolop: node.BoolExpr.boolop, args } };
  }
  const entries = Object.entries(node).filter(([key]) => !PLACES.has(key));
  // What LIMIT says beside its number goes with it.
  const isSelect = "limitOption" in node;
  const kept = isSelect ? entries.filter(([key]) => key !== "limitOption" || node.limitCount) : entries;
  return Object.fromEntries(kept.map(([key, inner]) => [key, normal(inner)]));
}
