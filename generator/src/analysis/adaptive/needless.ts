import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { Param, Query } from "../../model/query.ts";
import type { QueryFlag, QuerySource } from "../../model/source.ts";
import type { Cutting } from "./cutting.ts";
import { leavesOf } from "./cutting.ts";
import type { QueryFlagWord } from "./flags.ts";
import type { NamedOrder } from "./ordering.ts";
import type { Run, Words } from "./words.ts";

const CODE = "adaptive-needless";

/** A flag that changes nothing, and what takes it away. */
export function needlessFlag(source: QuerySource, flag: QueryFlag, because: string): Diagnostic {
  const { name, text, start, line } = flag;
  const { file } = source.span;
  return {
    code: CODE,
    severity: "warning",
    message: `@${name} of query "${source.name}" has no effect: ${because}`,
    hint: "Take the line away.",
    span: { file, start: start - name.length - 1, end: start + text.length },
    edits: [{ span: { file, ...line }, text: "" }],
  };
}

/** Names of an order that has one already. */
export function needlessOrders({ span: { file } }: QuerySource, orders: readonly NamedOrder[]): Diagnostic[] {
  return orders.flatMap((order, i) => {
    const first = orders.slice(0, i).find((other) => other.items.join() === order.items.join());
    if (!first) return [];
    return {
      code: CODE,
      severity: "warning",
      message: `the orders "${first.label}" and "${order.label}" are the same`,
      hint: `Take "${order.label}" away; \`reverse: true\` turns an order round.`,
      span: { file, ...order.place },
      edits: [{ span: { file, ...order.taken }, text: "" }],
      changesCalls: true,
    };
  });
}

/** `@p is null or` beside a parameter that is left out with its condition where it is absent. */
export function needlessTests(
  source: QuerySource,
  { words, cuts }: Cutting,
  optional: ReadonlyMap<number, QueryFlagWord>,
): { readonly params: ReadonlySet<number>; readonly diagnostics: Diagnostic[] } {
  const params = new Set<number>();
  const diagnostics: Diagnostic[] = [];
  for (const cut of cuts) {
    for (const { start, end, needs } of leavesOf(cut)) {
      const run = runOf(words, start, end);
      const found = nullTestIn(words, run, (number) => optional.has(number));
      // Beside another parameter the part is left out for that one, too.
      if (!found || needs.size > 1) continue;
      const { number, test, others } = found;
      params.add(number);
      const name = optional.get(number)!.text.replace(/^[@$:]/, "");
      const [other] = others;
      const keepsParentheses =
        others.length > 1 || words.split(other!, "and").length > 1 || words.split(other!, "or").length > 1;
      const [first, last] = [others[0]!.from, others.at(-1)!.to - 1];
      const outer = keepsParentheses
        ? { from: Math.min(test.from, first), to: Math.max(test.to - 1, last) }
        : null;
      const from = outer ? words.all[outer.from]!.start : start;
      const to = outer ? words.all[outer.to]!.end : end;
      const taken = stretches(from, to, words.all[first]!.start, words.all[last]!.end);
      diagnostics.push({
        code: CODE,
        severity: "warning",
        message: `@${name} is optional: its condition is left out with it, and need not ask whether it is null`,
        hint: "Write the condition alone; leave the argument out where any will do.",
        span: inFile(source, start, end),
        ...(isBetween(test, others)
          ? {}
          : {
              edits: taken.map((one) => ({ span: inFile(source, one.start, one.end), text: "" })),
              // With null the condition was left out; without the test, null is refused or finds nothing.
              changesCalls: true,
            }),
      });
    }
  }
  return { params, diagnostics };
}

/** Tells whether what is taken away stands between what stays. */
function isBetween(test: Run, others: readonly Run[]): boolean {
  return others.some(({ from }) => from < test.from) && others.some(({ from }) => from > test.from);
}

function stretches(from: number, to: number, keptFrom: number, keptTo: number) {
  return [
    { start: from, end: keptFrom },
    { start: keptTo, end: to },
  ].filter(({ start, end }) => end > start);
}

/** The test of an OR whether an optional parameter is null, and what else it joins. */
function nullTestIn(
  words: Words,
  run: Run,
  isOptional: (number: number) => boolean,
): { readonly number: number; readonly test: Run; readonly others: readonly Run[] } | null {
  if (words.isParenthesized(run))
    return nullTestIn(words, { from: run.from + 1, to: run.to - 1 }, isOptional);
  const runs = words.split(run, "or");
  for (const test of runs) {
    const number = Number(/^\$(\d+)$/.exec(words.word(test.from))?.[1] ?? 0);
    const isTest =
      words.word(test.to - 2) === "is" &&
      words.word(test.to - 1) === "null" &&
      (test.to - test.from === 3 || words.word(test.from + 1) === "::");
    if (isTest && runs.length > 1 && isOptional(number) && words.split(test, "and").length === 1)
      return { number, test, others: runs.filter((one) => one !== test) };
  }
  return null;
}

function runOf(words: Words, start: number, end: number): Run {
  return {
    from: words.all.findIndex((word) => word.start === start),
    to: words.all.findIndex((word) => word.end === end) + 1,
  };
}

/**
 * `sqlc.narg(p)` of an optional parameter: it is left out where nothing is to be said, and takes null without that word where null says something.
 * @param bare the query's parameters as they are without the word
 */
export function needlessNargs(
  source: QuerySource,
  words: Words,
  { params }: Query,
  bare: readonly Param[],
  optional: ReadonlyMap<number, QueryFlagWord>,
  except: ReadonlySet<number>,
): Diagnostic[] {
  return source.params.flatMap(({ number, name, nullable }): Diagnostic[] => {
    const param = params.find((one) => one.number === number);
    const without = bare.find((one) => one.number === number);
    if (!nullable || !param || !without || !optional.has(number) || except.has(number)) return [];
    const places = words.all
      .filter(({ text }) => text === `$${number}`)
      .map(({ start, end }) => inFile(source, start, end));
    const [span] = places;
    if (!span) return [];
    const isWord = /^[a-z_]\w*$/i.test(name) && places.every(({ start, end }) => end - start > 1);
    return [
      {
        code: CODE,
        severity: "warning",
        message: without.nullable
          ? `@${name} takes null without sqlc.narg, and may be left out as it is optional`
          : `null is no argument for @${name}, which is optional: leave it out where any will do`,
        hint: `Write \`@${name}\`.`,
        span,
        ...(isWord && {
          edits: places.map((one) => ({ span: one, text: `@${name}` })),
          changesCalls: !without.nullable,
        }),
      },
    ];
  });
}

function inFile({ span, toFile }: QuerySource, start: number, end: number): Span {
  return { file: span.file, start: toFile(start), end: Math.max(toFile(start), toFile(end)) };
}
