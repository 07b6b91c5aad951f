import { unquote } from "../../../sql/quoting.ts";
import { textMatching } from "./pattern.ts";
import type { Place } from "./samples.ts";

/** So many are taken of one CHECK. */
const MOST = 16;
/** Texts longer than that are not made up. */
const LONGEST = 1000;

/** Gives texts that a CHECK itself suggests for its columns, the likeliest first: what its patterns match, its constants, and what lies beside those. */
export function suggestedBy(definition: string, place: Place): string[] {
  if (!definition.startsWith("CHECK ")) return [];
  const letter = "abc"[place - 1]!;
  const patterns: string[] = [];
  const constants: string[] = [];
  for (const [, operator = "", quoted = ""] of definition.matchAll(CONSTANT)) {
    const text = unquote(quoted);
    if (operator === "~" || operator === "~*") {
      const matching = textMatching(text, place);
      if (matching !== null) patterns.push(matching);
    } else if (operator === "~~" || operator === "~~*") patterns.push(text.replaceAll(/[%_]/g, letter));
    else constants.push(text);
  }
  const numbers = [...definition.replaceAll(CONSTANT, " ").matchAll(NUMBER)].map(([text]) => Number(text));
  const members = Object.fromEntries(constants.map((name) => [name, letter]));
  const all = [
    ...patterns,
    ...constants,
    ...(constants.length > 0 ? [JSON.stringify(members), `{${JSON.stringify(constants[0])}}`] : []),
    ...numbers.flatMap((n) => [n + place, n - place, n]).map(String),
    ...numbers
      .filter((n) => Number.isInteger(n) && n > 0 && n < LONGEST)
      .flatMap((n) => [letter.repeat(n), `${place}`.repeat(n), letter.repeat(n + 1)]),
  ];
  return [...new Set(all)].slice(0, MOST);
}

/** Gives texts that a CHECK's patterns match, which another may be made of by what is put behind. */
export function matchedBy(definition: string): string[] {
  return [...definition.matchAll(CONSTANT)].flatMap(([, operator = "", quoted = ""]) =>
    operator === "~" || operator === "~*" ? (textMatching(unquote(quoted), 1) ?? []) : [],
  );
}

/** A text, and the operator in front of it. */
const CONSTANT = /(!?~~?\*?)?\s*('(?:[^']|'')*')/g;
const NUMBER = /(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])/g;
