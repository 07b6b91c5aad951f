import { nearest } from "../../diagnostics/suggestion.ts";
import type { Mover } from "../../infer/moving-values.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { QueryFlag, QuerySource } from "../../model/source.ts";
import type { PostgresError } from "../../postgres/engine.ts";
import { ByteOffsets } from "../../postgres/raw-parse.ts";
import { quoteIdentifier } from "../../sql/quoting.ts";
import { placeOfParam, type Raw } from "./clauses.ts";
import { type Cutting, type Deciders, leavesOf, prune } from "./cutting.ts";
import type { QueryFlagWord } from "./flags.ts";
import type { NamedOrder, OrderItem, Ordering, UnknownItem } from "./ordering.ts";
import { keepsSomething, type WrittenVariant } from "./writing.ts";

type Words = ReadonlyMap<number, QueryFlagWord>;

/** Gives what no query of that kind can have. */
export function unfit(source: QuerySource, { command, statement, name }: Query): Diagnostic | null {
  if (command !== ":copyfrom" && statement !== "utility") return null;
  return {
    code: "adaptive-command",
    severity: "error",
    message:
      command === ":copyfrom"
        ? `query "${name}" is :copyfrom, whose rows are all alike`
        : `query "${name}" is no SELECT, INSERT, UPDATE or DELETE, and has no parts to leave out`,
    hint: "Leave @optional out.",
    span: firstFlag(source),
  };
}

/** Gives what is wrong with where optional parameters stand. */
export function misuses(
  source: QuerySource,
  cutting: Cutting,
  statement: Raw,
  deciders: Deciders,
  words: Words,
): { readonly diagnostics: readonly Diagnostic[]; readonly isFatal: boolean } {
  const diagnostics: Diagnostic[] = [];
  const offsets = new ByteOffsets(source.text);
  const inFile = (start: number, end: number): Span => ({
    file: source.span.file,
    start: source.toFile(start),
    end: Math.max(source.toFile(start) + 1, source.toFile(end)),
  });
  const least = prune(statement, deciders, deciders.tested);
  for (const [number, word] of words) {
    const place = placeOfParam(least, number);
    if (place === null) continue;
    const start = offsets.toUtf16(place);
    diagnostics.push({
      code: "adaptive-fixed-place",
      severity: "error",
      message: `@${word.text.replace(/^[@$:]/, "")} is optional, and stands where nothing can be left out`,
      hint: "An optional parameter stands in a condition of WHERE, HAVING or an inner join's ON, an assignment of SET, LIMIT or OFFSET. Elsewhere pass null.",
      span: inFile(start, start + `$${number}`.length),
    });
  }
  for (const cut of cutting.cuts) {
    const leaves = [...leavesOf(cut)];
    const { kind, statement: of } = cut.clause;
    const isOptional = leaves.some(({ needs }) => needs.size > 0);
    if (kind === "where" && of !== "select" && isOptional && !keepsSomething(cut)) {
      diagnostics.push({
        code: "adaptive-empties-where",
        severity: "error",
        message: `with nothing given, ${of === "update" ? "UPDATE would change" : "DELETE would remove"} every row`,
        hint: "Keep a condition whose parameters are not optional, or write another query for it.",
        span: inFile(cut.open.end, cut.close.start),
      });
    }
    for (const { start, end, needs } of leaves) {
      if (needs.size < 2) continue;
      diagnostics.push({
        code: "adaptive-two-in-one",
        severity: "warning",
        message: `this part is left out unless all of ${[...needs].map((n) => `@${nameOf(words, n)}`).join(", ")} are given`,
        hint: "Write a condition for each (`a >= @low and a <= @high` in place of BETWEEN) where one alone should count.",
        span: inFile(start, end),
      });
    }
  }
  return { diagnostics, isFatal: diagnostics.some(({ severity }) => severity === "error") };
}

/** The statement was not cut as PostgreSQL reads it. */
export function notCut(source: QuerySource, words: Words): Diagnostic {
  return {
    code: "adaptive-not-cut",
    severity: "error",
    message: `query "${source.name}" cannot be cut where its optional parts begin and end`,
    hint: "Put parentheses around the conditions that mention optional parameters.",
    span: placeOfWords(source, words),
  };
}

/** More than can be told apart, or than can all be prepared. */
export function tooMany(source: QuerySource, words: Words, most: number): Diagnostic {
  const isError = words.size > 30;
  return {
    code: "adaptive-too-many",
    severity: isError ? "error" : "warning",
    message: isError
      ? `query "${source.name}" has ${words.size} optional parameters; ${most} are the most`
      : `query "${source.name}" has ${words.size} optional parameters: of its ${2 ** words.size} variants those are prepared that stand for all`,
    hint: "Write two queries where they serve different purposes.",
    span: placeOfWords(source, words),
  };
}

/** PostgreSQL takes a parameter for another type where a part is left out, and a cast does not help. */
export function typeDepends(
  source: QuerySource,
  numbers: readonly number[],
  words: Words,
  whole: Query,
): Diagnostic {
  const [param] = numbers.map((number) => whole.params[number - 1]!);
  const name = param?.name ?? "";
  return {
    code: "adaptive-type-depends",
    severity: "error",
    message: `the type of @${name} depends on which parts are left out; with all of them it is ${param?.display}`,
    hint: `Say it where it stands: \`@${name}::${param?.display}\`.`,
    span: placeOfWords(source, words),
  };
}

/** PostgreSQL refuses a variant. */
export function refusedVariant(
  source: QuerySource,
  { toWhole }: WrittenVariant,
  given: ReadonlySet<number>,
  words: Words,
  whole: Query,
  error: PostgresError,
): Diagnostic {
  const absent = [...words.keys()].filter((number) => !given.has(number));
  const names = absent.map((number) => `@${whole.params[number - 1]?.name}`).join(", ");
  const start = error.offset === null ? null : source.toFile(toWhole(error.offset));
  return {
    code: "adaptive-variant-refused",
    severity: "error",
    message: `${names === "" ? "ordered or read in pages" : `without ${names}`}, PostgreSQL refuses the query: ${error.message}`,
    hint: "Something else needs the part that is left out. Keep it, or leave out what needs it too.",
    sqlState: error.sqlState,
    span: start === null ? placeOfWords(source, words) : { file: source.span.file, start, end: start + 1 },
  };
}

function nameOf(words: Words, number: number): string {
  return words.get(number)?.text.replace(/^[@$:]/, "") ?? `$${number}`;
}

function placeOfWords(source: QuerySource, words: Words): Span {
  const all = [...words.values()];
  const [first] = all;
  const last = all.at(-1);
  if (!first || !last) return source.span;
  return {
    file: source.span.file,
    start: Math.min(first.start, last.start),
    end: Math.max(first.start + first.text.length, last.start + last.text.length),
  };
}

function firstFlag({ flags = [], span }: QuerySource): Span {
  const [flag] = flags;
  return flag
    ? { file: span.file, start: flag.start, end: flag.start + Math.max(1, flag.text.length) }
    : span;
}

/** What a flag asks for that the statement cannot give. */
export interface FlagProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export const NO_ORDER: FlagProblem = {
  code: "sort-shape",
  message: "the statement has no ORDER BY of its own that could be another",
  hint: "End it with `order by`, with all that any of the orders needs.",
};

export const UNKNOWN_KEYS: FlagProblem = {
  code: "keyset-shape",
  message: "what ORDER BY names cannot be told: a number or a name of an output that is not written out",
  hint: "Write the columns: `order by t.name, t.id`.",
};

export const NAMELESS_ROW: FlagProblem = {
  code: "keyset-shape",
  message: "ORDER BY has a row whose type has no name, of which a cursor could hold no value",
  hint: "Write its columns one by one: `order by a, b`, not `order by (a, b)`.",
};

export const OPERATOR: FlagProblem = {
  code: "sort-shape",
  message: "ORDER BY has an operator of its own (`using`), of which nothing says what the other way round is",
  hint: 'Write `asc` or `desc`; `collate "C"` orders texts by their bytes.',
};

export const ONE_ALTERNATIVE: FlagProblem = {
  code: "sort-one-alternative",
  message: "@sort has one order only, by whatever names, which leaves nothing to choose",
  hint: "Separate orders with `|`: `-- @sort newest: created_at | name`.",
};

/** @param label the order that is meant, "" for the only one */
export function notTotal(label: string): FlagProblem {
  return {
    code: "keyset-not-total",
    message: `${label === "" ? "ORDER BY" : `the order "${label}"`} does not tell all rows apart: a page could begin between two that are alike`,
    hint: "End ORDER BY with a unique column that is NOT NULL, such as the primary key.",
  };
}

const MOVING: { readonly [C in Mover["code"]]: { readonly why: string; readonly hint: string } } = {
  volatile: {
    why: "which may give another value for the same row on the next page",
    hint: "Order by columns. By chance, but alike on each page: `md5(t.id::text || @seed)`.",
  },
  moment: {
    why: "which is another when the next page is read",
    hint: "Give it as an argument, the same for each page: `@at::timestamptz`.",
  },
  neighbours: {
    why: "which changes as other rows come and go",
    hint: "Order by what its window orders by.",
  },
  order: {
    why: "whose value depends on which of its rows are read first, and that is not certain",
    hint: "Say it within, to the last: `string_agg(t.name, ', ' order by t.name)`, `order by t.at, t.id limit 1`. Add up numeric, not floating point.",
  },
  words: {
    why: "which may say `today` or `now`, another time when the next page is read",
    hint: "Read it by its form, `to_timestamp(t.at, 'YYYY-MM-DD HH24:MI:SS')` or `to_date`; keep it in a column of that type; or call an IMMUTABLE function of yours that does the cast.",
  },
  offset: {
    why: "which has the offset that the session's time zone has on that day, another one in summer",
    hint: "Write the offset (`'10:00+02'::timetz`), or compare times of day without one (`time`); a moment is a day and a time: `(t.day + t.at) at time zone 'Europe/Paris'`.",
  },
};

/** A page begins behind a row by what its keys were. */
export function movingKey(
  { span: { file }, toFile }: QuerySource,
  { item, mover }: { readonly item: OrderItem; readonly mover: Mover },
): Diagnostic {
  const { why, hint } = MOVING[mover.code];
  const { start, end } = item.place;
  return {
    code: "keyset-moving-key",
    severity: "error",
    message: `ORDER BY rests on ${mover.subject}, ${why}`,
    hint: mover.isOwn
      ? "Declare the function IMMUTABLE where its arguments alone decide; or write it in SQL, and STABLE where it reads tables, so that this can be seen. One of an extension is called by such a function."
      : hint,
    span: { file, start: toFile(start), end: Math.max(toFile(start) + 1, toFile(end)) },
  };
}

/** Two orders of one name: none of them could be asked for. */
export function namedTwice({ span: { file } }: QuerySource, { label, place }: NamedOrder): Diagnostic {
  return {
    code: "sort-twice",
    severity: "error",
    message: `@sort has two orders "${label}"`,
    hint: "Give each a name of its own: `newest: created_at | best: rating`.",
    span: { file, ...place },
  };
}

/** Says so where the flag stands. */
export function flagProblem(
  { span }: QuerySource,
  { name, text, start }: QueryFlag,
  problem: FlagProblem,
): Diagnostic {
  const at =
    text === "" ? { start: start - name.length - 1, end: start } : { start, end: start + text.length };
  return { ...problem, severity: "error", span: { file: span.file, ...at } };
}

/** A name of @sort that is none of ORDER BY's. */
export function unknownItem(
  { span }: QuerySource,
  { name, start, end }: UnknownItem,
  { items }: Ordering,
): Diagnostic {
  const names = [...new Set(items.flatMap((item) => item.name ?? []))];
  const meant = nearest(name, names);
  const written = (one: string): string => (/[\s,|:"]/.test(one) ? quoteIdentifier(one) : one);
  return {
    code: "sort-unknown-item",
    severity: "error",
    message: `ORDER BY has no item "${name}"`,
    hint:
      meant === null
        ? `It has ${names.map(written).join(", ")}. Give another expression a name in the select list.`
        : `Did you mean \`${written(meant)}\`?`,
    span: { file: span.file, start, end },
  };
}
