import { piecesLiteral } from "../../generator/src/emit/pieces.ts";
import { adaptive } from "../../generator/src/emit/support/adaptive.ts";
import type { Param, Query } from "../../generator/src/model/query.ts";
import type { Variant } from "../../generator/src/model/sql.ts";
import type { Choices } from "./choices.ts";
import { brokenClaim, brokenCount } from "./claims.ts";
import type { Executor } from "./executors.ts";

const VALUES: Readonly<Record<string, readonly string[]>> = {
  integer: ["1", "2", "0"],
  bigint: ["1", "2"],
  text: ["'a'", "'b'", "''"],
  boolean: ["true", "false"],
};

/** A text that is sent, and what is known of the arguments that it is sent for. */
interface Sent extends Pick<Variant, "given" | "text" | "params"> {
  readonly prepared: Variant | null;
}

/** Gives what generated code joins for the arguments that are given. */
function joined(query: Query): (given: number, order: number, behind: string | null) => string {
  const pieces = new Function(`return ${piecesLiteral(query.sql.pieces)}`)() as Parameters<
    typeof adaptive
  >[1];
  const variant = adaptive({ name: query.name }, pieces);
  const values = query.params.map(({ number }) => number);
  return (given, order, behind) =>
    variant<unknown>(
      given,
      values,
      order,
      behind === null ? undefined : [...behind].map((c) => (c === "1" ? null : c)),
    ).text;
}

/** What variants of a query say against its types; null where all of them keep what was promised. */
export async function brokenVariant(
  query: Query,
  executors: readonly Executor[],
  choices: Choices,
  counts: { variants: number; rows: number },
): Promise<string | null> {
  const { sql } = query;
  const join = joined(query);
  const sent: Sent[] = sql.variants.map((one) => ({ ...one, prepared: one }));
  for (const one of sql.variants) {
    const text = join(one.given, one.order, one.behind);
    if (text !== one.text) return `sent is ${text}\nprepared was ${one.text}`;
  }
  // Of more variants than were prepared others are tried than those that stand for them.
  if (!sql.isComplete)
    for (let i = 0; i < 8; i++) {
      const given = choices.below(2 ** Math.min(sql.deciding.length, 13)) & possible(query);
      const { order, behind } = choices.pick(sql.variants);
      const text = join(given, order, behind);
      sent.push({ given, text, params: numbersIn(query, text), prepared: null });
    }
  for (const executor of executors) {
    const whole = await executor.prepares(
      sql.text,
      query.params.map(({ display }) => display),
    );
    for (const one of sent) {
      counts.variants++;
      const types = one.params.map((number) => query.params[number - 1]?.display ?? null);
      if (whole && one.prepared && !(await executor.prepares(one.text, types)))
        return `is refused by ${executor.name}: ${one.text}`;
      const text = withValues(query, one, choices);
      if (text === null) continue;
      for await (const { filling, rows } of executor.rows(text)) {
        counts.rows += rows.length;
        const broken = brokenBy(query, one, rows);
        if (broken) return `${broken} (${executor.name}, ${filling}): ${text}`;
      }
    }
  }
  return null;
}

/** Of several values of one parameter one can be given. */
function possible({ sql }: Query): number {
  const seen = new Set<number>();
  return sql.deciding.reduce((bits, { number, by }, i) => {
    if (by === "value" && seen.has(number)) return bits;
    seen.add(number);
    return bits | (1 << i);
  }, 0);
}

function numbersIn(query: Query, text: string): number[] {
  const count = new Set(text.match(/\$\d+/g)).size;
  return Array.from({ length: count }, (_, i) => query.params[i]?.number ?? i + 1);
}

function brokenBy(
  query: Query,
  { given, prepared }: Sent,
  rows: readonly (readonly unknown[])[],
): string | null {
  const known = prepared?.known;
  const claimed: Query = {
    ...query,
    rows: known?.rows ?? query.rows,
    columns: query.columns.map((column, i) => {
      const isThere = known?.notNull.some((one) => one.column === i);
      const flags = query.flags ?? [];
      const isNever = flags.some(({ param, whereTrue, whereFalse }) => {
        const value = flagValue(query, given, param);
        return value !== null && (value ? whereTrue : whereFalse)[i] === true;
      });
      return isThere || isNever ? { ...column, nullable: false } : column;
    }),
  };
  const count = brokenCount(claimed, rows.length);
  if (count) return count;
  for (const row of rows) {
    const broken = brokenClaim(claimed, row);
    if (broken) return broken;
    for (const { param, whereTrue, whereFalse } of query.flags ?? []) {
      const value = flagValue(query, given, param);
      const always = value === null ? [] : value ? whereTrue : whereFalse;
      const wrong = always.findIndex((one, i) => one === false && row[i] !== null);
      if (wrong !== -1) return `${query.columns[wrong]?.name} is not null with the flag`;
    }
  }
  return null;
}

/** The value that a flag has where these bits are given; null where they do not say. */
function flagValue({ sql }: Query, given: number, param: number): boolean | null {
  const own = sql.deciding.flatMap((one, i) =>
    one.number === param && one.by === "value" ? [{ ...one, i }] : [],
  );
  const held = own.find(({ i }) => (given & (1 << i)) !== 0);
  return held ? held.value === "true" : null;
}

/** The text with arguments in place of its parameters; null where one has a type of which no values are tried. */
function withValues(query: Query, { given, text, params }: Sent, choices: Choices): string | null {
  let isKnown = true;
  const values = new Map<number, string>();
  const out = text.replace(/\$(\d+)/g, (_, digits: string) => {
    const param = query.params[(params[Number(digits) - 1] ?? 0) - 1];
    if (!param || !VALUES[param.display]) {
      isKnown = false;
      return "";
    }
    const value = values.get(param.number) ?? argumentOf(query, param, given, choices);
    values.set(param.number, value);
    return `(${value}::${param.display})`;
  });
  return isKnown ? out : null;
}

function argumentOf({ sql }: Query, { number, display }: Param, given: number, choices: Choices): string {
  const own = sql.deciding.flatMap((one, i) =>
    one.number === number ? [{ ...one, isGiven: (given & (1 << i)) !== 0 }] : [],
  );
  const value = own.find(({ by, isGiven }) => by === "value" && isGiven)?.value;
  if (value !== undefined) return `'${value}'`;
  if (own.some(({ by }) => by === "value")) return "null";
  const decided = own.some(({ by, isGiven }) => by === "null" && isGiven);
  return !decided && choices.onceIn(4) ? "null" : choices.pick(VALUES[display]!);
}
