import type { Param } from "../../model/query.ts";
import { unquote } from "../../sql/quoting.ts";
import { type Raw, visit } from "./clauses.ts";
import type { Stretch, TestPlace } from "./cutting.ts";
import type { Run, Words } from "./words.ts";

/** What a WHEN asks of a parameter: whether it is this value. */
export interface ParamTest {
  /** Below zero, so that it is no parameter's number. */
  readonly id: number;
  readonly param: number;
  /** A text, or of a boolean "true" or "false". */
  readonly value: string;
}

/** The tests of a statement's CASE expressions that are decided before it is sent. */
export interface Choices {
  readonly tests: readonly ParamTest[];
  readonly places: readonly TestPlace[];
}

export const NO_CHOICES: Choices = { tests: [], places: [] };

/** How a type is written in a cast that leaves all of its values as they are. */
const CASTS: Readonly<Record<string, readonly string[]>> = {
  text: ["text"],
  "character varying": ["varchar", "character varying"],
  boolean: ["bool", "boolean"],
};

/**
 * Finds the tests of CASE that are known once the arguments are: `case when @flag`, `case when @sort = 'name'`,
 * `case @sort when 'name'`. A WHEN takes NULL for false, and so do AND and OR of such.
 * @param params those that may decide
 * @param isOut tells what is left as it stands
 */
export function choicesOf(
  words: Words,
  params: readonly Param[],
  isOut: (stretch: Stretch) => boolean,
): Choices {
  const reader = new Reader(words, params);
  for (let i = 0; i < words.all.length; i++) if (words.word(i) === "case") reader.read(i, isOut);
  return { tests: [...reader.tests.values()], places: reader.places.sort((a, b) => a.start - b.start) };
}

class Reader {
  readonly tests = new Map<string, ParamTest>();
  readonly places: TestPlace[] = [];
  readonly #words: Words;
  readonly #types: ReadonlyMap<number, string>;

  constructor(words: Words, params: readonly Param[]) {
    this.#words = words;
    this.#types = new Map(params.map(({ number, display }) => [number, display]));
  }

  /** Reads the CASE whose key word stands there. */
  read(keyword: number, isOut: (stretch: Stretch) => boolean): void {
    const { all } = this.#words;
    const depth = all[keyword]!.depth;
    const end = all.findIndex((word, i) => i > keyword && word.depth <= depth);
    if (end === -1 || isOut({ start: all[keyword]!.start, end: all[end]!.end })) return;
    const whens: Run[] = [];
    let from: number | null = null;
    let first = end;
    for (let i = keyword + 1; i < end; i++) {
      if (all[i]!.depth !== depth + 1) continue;
      if (this.#words.word(i) === "when") {
        from = i + 1;
        first = Math.min(first, i);
      } else if (this.#words.word(i) === "then" && from !== null) {
        whens.push({ from, to: i });
        from = null;
      }
    }
    if (first === keyword + 1) for (const when of whens) this.#condition(when);
    else this.#compared({ from: keyword + 1, to: first }, whens);
  }

  /** `case @p when 'a' then …`: all are constants, or nothing of it is decided before. */
  #compared(subject: Run, whens: readonly Run[]): void {
    const param = this.#param(subject);
    const values = whens.map(({ from, to }) => (to === from + 1 ? this.#constant(from) : null));
    if (param === null || this.#types.get(param) === "boolean" || values.includes(null)) return;
    this.places.push({
      start: this.#words.all[subject.from - 1]!.end,
      end: this.#words.all[subject.to - 1]!.end,
      id: null,
    });
    for (const [i, when] of whens.entries()) this.#test(when, param, values[i]!);
  }

  #condition(run: Run): void {
    for (const word of ["or", "and"] as const) {
      const runs = this.#words.split(run, word);
      if (runs.length < 2) continue;
      for (const one of runs) this.#condition(one);
      return;
    }
    if (this.#words.isParenthesized(run)) this.#condition({ from: run.from + 1, to: run.to - 1 });
    else this.#leaf(run);
  }

  #leaf(run: Run): void {
    const { from, to } = run;
    const isNegated = this.#words.word(from) === "not";
    const flag = this.#param(isNegated ? { from: from + 1, to } : run);
    if (flag !== null && this.#types.get(flag) === "boolean") this.#test(run, flag, String(!isNegated));
    const [left, right] = [this.#constant(from), this.#constant(to - 1)];
    const [constant, subject] =
      left !== null && this.#words.word(from + 1) === "="
        ? [left, { from: from + 2, to }]
        : right !== null && this.#words.word(to - 2) === "="
          ? [right, { from, to: to - 2 }]
          : [null, run];
    const param = constant === null ? null : this.#param(subject);
    if (constant !== null && param !== null && this.#types.get(param) !== "boolean")
      this.#test(run, param, constant);
  }

  /** The parameter that is all of a run, with its type beside it or without. */
  #param({ from, to }: Run): number | null {
    const number = Number(/^\$(\d+)$/.exec(this.#words.word(from))?.[1] ?? 0);
    const casts = CASTS[this.#types.get(number) ?? ""];
    if (to <= from || casts === undefined) return null;
    const cast = this.#words.all.slice(from + 1, to).map(({ text }) => text);
    return cast.length === 0 || (cast[0] === "::" && casts.includes(cast.slice(1).join(" "))) ? number : null;
  }

  /** The value of a plain string, `'a'`. */
  #constant(index: number): string | null {
    const { start = 0, end = 0 } = this.#words.all[index] ?? {};
    const text = this.#words.text.slice(start, end);
    return /^'(?:[^']|'')*'$/.test(text) ? unquote(text) : null;
  }

  #test(run: Run, param: number, value: string): void {
    const key = testKey(param, value);
    const test = this.tests.get(key) ?? { id: -1 - this.tests.size, param, value };
    this.tests.set(key, test);
    const { all } = this.#words;
    this.places.push({ start: all[run.from]!.start, end: all[run.to - 1]!.end, id: test.id });
  }
}

const testKey = (param: number, value: string): string => `${param} ${value}`;

/**
 * Puts what the tests come to into a tree.
 * @param holds the tests that hold, by their ids
 * @param except what is left as it stands
 */
export function decideTests(
  tree: Raw,
  choices: Choices,
  holds: ReadonlySet<number>,
  except: unknown = null,
): void {
  eachTest(tree, choices, (id) => ({ A_Const: { boolval: holds.has(id) ? { boolval: true } : {} } }), except);
}

/** Tells whether a test stands in a tree. */
export function hasTest(tree: unknown, choices: Choices): boolean {
  let found = false;
  eachTest(tree, choices, () => {
    found = true;
    return null;
  });
  return found;
}

/** Shows each test in a tree, and puts what is made of it in its place; null leaves all as it stands. */
function eachTest(
  tree: unknown,
  { tests }: Choices,
  made: (id: number) => Raw | null,
  except: unknown = null,
): void {
  if (tests.length === 0) return;
  const ids = new Map(tests.map(({ id, param, value }) => [testKey(param, value), id]));
  const decided = (param: number | null, value: string | null): Raw | null => {
    const id = param === null || value === null ? undefined : ids.get(testKey(param, value));
    return id === undefined ? null : made(id);
  };
  const condition = (node: Raw): Raw => {
    const { boolop, args = [] } = (node.BoolExpr ?? {}) as { boolop?: string; args?: Raw[] };
    if (boolop === "NOT_EXPR") return decided(paramOf(args[0]), "false") ?? node;
    if (boolop) return { BoolExpr: { boolop, args: args.map(condition) } };
    const { kind, name, lexpr, rexpr } = (node.A_Expr ?? {}) as Raw;
    if (kind !== "AEXPR_OP") return decided(paramOf(node), "true") ?? node;
    if (name.length !== 1 || name[0].String?.sval !== "=") return node;
    return decided(paramOf(lexpr), textOf(rexpr)) ?? decided(paramOf(rexpr), textOf(lexpr)) ?? node;
  };
  visit(
    tree,
    (key, inner) => {
      if (key !== "CaseExpr") return;
      const found = inner as Raw;
      const whens = found.args.map((one: Raw) => one.CaseWhen as Raw) as Raw[];
      if (found.arg === undefined) {
        for (const when of whens) when.expr = condition(when.expr);
        return;
      }
      const results = whens.map((when) => decided(paramOf(found.arg), textOf(when.expr)));
      if (results.includes(null)) return;
      delete found.arg;
      for (const [i, when] of whens.entries()) when.expr = results[i];
    },
    except,
  );
}

function paramOf(node: Raw | undefined): number | null {
  const param = (node?.TypeCast?.arg ?? node) as Raw | undefined;
  return (param?.ParamRef?.number as number | undefined) ?? null;
}

function textOf(node: Raw | undefined): string | null {
  const constant = node?.A_Const as Raw | undefined;
  return constant?.sval ? ((constant.sval.sval as string | undefined) ?? "") : null;
}

/** The combinations of tests that can hold together: of each parameter one at most, as it has one value. */
export function choosable(tests: readonly ParamTest[]): ReadonlySet<number>[] {
  return idsByParam(tests).reduce<ReadonlySet<number>[]>(
    (sets, ids) => sets.flatMap((set) => [set, ...ids.map((id) => new Set([...set, id]))]),
    [new Set()],
  );
}

/** Counts those combinations. */
export function countOf(tests: readonly ParamTest[]): number {
  return idsByParam(tests).reduce((product, ids) => product * (ids.length + 1), 1);
}

function idsByParam(tests: readonly ParamTest[]): number[][] {
  const byParam = new Map<number, number[]>();
  for (const { id, param } of tests) byParam.set(param, [...(byParam.get(param) ?? []), id]);
  return [...byParam.values()];
}
