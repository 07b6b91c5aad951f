import { tokenize } from "../../../sql/lexer.ts";
import { nameOf } from "../../../sql/quoting.ts";
import type { Catalog, Routine } from "../../schema/catalog.ts";
import { childrenOf } from "../../schema/catalog-index.ts";
import type { AccessKind } from "./access.ts";
import { isOpen } from "./body-writes.ts";

// What is made of other parts, or under other names, and does the same.

/** Gives what decides which rows of a table a command sees and takes: its policies, whatever they are called and however they are put together. */
export function policiesFor(table: string, kind: AccessKind, catalog: Catalog): string {
  const rules = childrenOf("policy", table, catalog)
    .filter(({ properties: { command } }) => command === "all" || command === kind)
    .map(({ properties: { permissive, roles, using, check } }) => {
      const taken = check ?? using;
      const asked = {
        ...{ select: [using], delete: [using], insert: [taken], update: [using, taken] },
        // It asks no policy.
        truncate: [],
      }[kind];
      return JSON.stringify([permissive, roles, asked]);
    });
  return JSON.stringify([...new Set(rules)].sort());
}

/** Gives what a table's triggers do, in the order in which they are set off: that of their names. */
export function triggersOf(table: string, catalog: Catalog): string {
  const triggers = [...childrenOf("trigger", table, catalog)]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, properties: { definition, enabled } }) => [
      definition.replace(` TRIGGER ${name} `, " TRIGGER "),
      enabled,
    ]);
  return JSON.stringify(triggers);
}

/** Tells whether two bodies of a function differ in comments, spaces and line breaks alone. */
export function isSameText(one: string, other: string): boolean {
  return JSON.stringify(meant(one)) === JSON.stringify(meant(other));
}

function meant(text: string): string[] {
  const words = tokenize(text)
    .filter(({ kind }) => !kind.endsWith("comment"))
    .map(({ start, end }) => text.slice(start, end));
  return words.at(-1) === ";" ? words.slice(0, -1) : words;
}

/**
 * Tells whether a view gives the same rows by two definitions, as PostgreSQL writes them, and the same in these columns: what stands from its FROM on is
 * the same, and what each of the columns is made of.
 * @param columns null for all that both have
 */
export function isSameFor(columns: ReadonlySet<string> | null, one: string, other: string): boolean {
  const [was, is] = [shownBy(one), shownBy(other)];
  if (was === null || is === null || was.rest !== is.rest) return false;
  const names = columns ?? new Set([...was.columns.keys()].filter((name) => is.columns.has(name)));
  return [...names].every((name) => was.columns.get(name) === is.columns.get(name));
}

interface Shown {
  /** What each column is made of, by its name. */
  readonly columns: ReadonlyMap<string, string>;
  readonly rest: string;
}

/** Null for what is no plain SELECT, or gives rows apart by what it shows. */
function shownBy(definition: string): Shown | null {
  const tokens = tokenize(definition);
  const columns = new Map<string, string>();
  let [depth, from] = [0, -1];
  let item: string[] = [];
  const close = (): void => {
    const name = item.at(-1) ?? "";
    const isNamed = item.at(-2)?.toLowerCase() === "as";
    columns.set(nameOf(name), (isNamed ? item.slice(0, -2) : item).join(" "));
    item = [];
  };
  for (const { start, end } of tokens) {
    const text = definition.slice(start, end);
    const lower = text.toLowerCase();
    if (from === -1) {
      if (lower !== "select") return null;
      from = end;
      continue;
    }
    if (text === "(" || text === "[") depth++;
    if (text === ")" || text === "]") depth--;
    if (depth === 0 && item.length === 0 && lower === "distinct") return null;
    if (depth === 0 && /^(?:union|intersect|except)$/.test(lower)) return null;
    if (depth === 0 && lower === "from") {
      close();
      // In which order they come has no say in which they are, unless there is a limit behind it.
      const rest = definition.slice(start).replace(/\n {2}ORDER BY [^\n]*$/, "");
      return /\b(?:union|intersect|except)\b/i.test(rest) ? null : { columns, rest };
    }
    if (depth === 0 && text === ",") close();
    else item.push(text);
  }
  return null;
}

/**
 * Tells whether a routine does the same with other attributes: what makes its value of nothing but its arguments does so whenever it is called, and what it is
 * called for that, volatile or immutable, nobody sees.
 */
export function isDoneAlike(was: Routine["properties"], is: Routine["properties"]): boolean {
  const isOfArguments = [was, is].every((one) => isMadeOfArguments(one));
  const [before, after] = [was, is].map(({ attributes }) =>
    String(doing(attributes).filter((one) => !isOfArguments || !VOLATILITIES.has(one))),
  );
  return before === after;
}

const VOLATILITIES: ReadonlySet<string> = new Set(["immutable", "stable", "volatile"]);

/** Tells whether a body reads and writes nothing, and calls nothing that is not known to be made of its arguments. */
function isMadeOfArguments({ language, body }: Routine["properties"]): boolean {
  if (isOpen({ language, body }) || OF_THE_MOMENT.test(body)) return false;
  const words = tokenize(body)
    .filter(({ kind }) => !kind.endsWith("comment"))
    .map(({ start, end }) => body.slice(start, end).toLowerCase());
  return words.every(
    (word, at) =>
      !ELSEWHERE.has(word) &&
      (words[at + 1] !== "(" || !/^[\p{L}_"]/u.test(word) || MADE_OF_ARGUMENTS.has(word)),
  );
}

const OF_THE_MOMENT = /\b(?:current_\w+|session_user|user|localtime\w*|now|today|tomorrow|yesterday)\b/i;

/** Words of what reads or writes rows, or asks for something else. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...["from", "into", "insert", "update", "delete", "merge", "truncate", "table", "call", "perform", "set"],
  ...["notify", "listen", "lock", "copy", "create", "alter", "drop", "raise", "next"],
]);

/** What may stand in front of a bracket: words of the language, types, and PostgreSQL's own functions that are immutable. */
const MADE_OF_ARGUMENTS: ReadonlySet<string> = new Set(
  `
  select return if elsif while and or not in when then else case as values array row any all some by
  coalesce nullif greatest least cast numeric decimal varchar char character bit varbit
  lower upper initcap trim btrim ltrim rtrim length char_length octet_length substr substring replace translate reverse repeat left right
  lpad rpad split_part strpos position overlay starts_with ascii chr md5 regexp_replace regexp_match
  abs ceil ceiling floor round trunc mod div power sqrt cbrt exp ln log sign pi gcd lcm
  array_length array_append array_prepend array_cat array_position cardinality unnest
  `
    .trim()
    .split(/\s+/),
);

/** Leaves what the planner alone asks for. */
export const doing = (attributes: readonly string[]): readonly string[] =>
  attributes.filter((one) => !/^(?:cost|rows|parallel) /.test(one));

/** Tells whether a sequence merely has more numbers at its end than another, or takes others ahead. */
export function hasMoreNumbers(options: string, than: string): boolean {
  const [is, was] = [options, than].map((text) => ({
    last: BigInt(/ maxvalue (-?\d+)/.exec(text)?.[1] ?? 0),
    rest: text.replace(/ maxvalue -?\d+/, "").replace(/ cache \d+/, ""),
  })) as [Numbers, Numbers];
  return is.rest === was.rest && is.last >= was.last;
}

interface Numbers {
  readonly last: bigint;
  readonly rest: string;
}
