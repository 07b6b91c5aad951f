import { SessionSettingError } from "../errors/errors.ts";
import type { QueryConfig } from "../statement.ts";
import { commandOf } from "./transaction-control.ts";

type Statement = Pick<QueryConfig, "text" | "values" | "query">;

/** SET, but for what ends with the transaction. */
const LASTING_SET = /^set\b(?!\s+(?:local|transaction|constraints)\b)/i;
const UPDATED_VIEW = /\bupdate\s+(?:only\s+)?(?:pg_catalog\s*\.\s*)?"?pg_settings\b/i;
const CALL = /\bset_config\b"?\s*\(/gi;
const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const TRUE = /^(?:true|'(?:t|true|on|yes|y|1)')\s*(?:::\s*(?:pg_catalog\s*\.\s*)?bool(?:ean)?)?$/i;
const PARAMETER = /^\$(\d+)\s*(?:::\s*(?:pg_catalog\s*\.\s*)?bool(?:ean)?)?$/i;

/** Of a statement's text: whether it makes a setting for the session, as a rule or by what these parameters say, by index. */
interface Text {
  readonly isLasting: boolean;
  readonly flags: readonly number[];
}

/** Texts are constants of generated code; those that an application puts together are not kept for ever. */
const known = new Map<string, Text>();
const KNOWN_LIMIT = 10_000;

/**
 * Refuses, in a scope, what makes a setting for the session: that would hold for statements outside of the scope, on whatever connection
 * they get next. What a function's body does is not seen here.
 * @throws SessionSettingError
 */
export function throwIfLasting({ text, values, query }: Statement): void {
  let one = known.get(text);
  if (one === undefined) {
    one = read(text);
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(text, one);
  }
  if (one.isLasting || one.flags.some((index) => !isTrue(values[index])))
    throw new SessionSettingError(
      "in a scope a setting is made for the transaction alone: by set local, or set_config with true",
      { query: query.name },
    );
}

function isTrue(value: unknown): boolean {
  return value === true || (typeof value === "string" && TRUE.test(`'${value}'`));
}

function read(text: string): Text {
  const flags: number[] = [];
  let isLasting = LASTING_SET.test(commandOf(text)) || UPDATED_VIEW.test(text);
  for (const { index, 0: call } of text.matchAll(CALL)) {
    const [, , isLocal = ""] = argumentsFrom(text, index + call.length);
    const value = isLocal.replace(COMMENT, " ").trim();
    const parameter = PARAMETER.exec(value)?.[1];
    if (parameter !== undefined) flags.push(Number(parameter) - 1);
    else isLasting ||= !TRUE.test(value);
  }
  return { isLasting, flags };
}

/** What may hold a comma or a parenthesis that separates nothing, and those that do. */
const PIECE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|[(),[\]]/g;

/** Gives the arguments of a call, as they are written. @param start where the first begins */
function argumentsFrom(text: string, start: number): string[] {
  const found: string[] = [];
  let from = start;
  let depth = 0;
  PIECE.lastIndex = start;
  for (let piece = PIECE.exec(text); piece !== null; piece = PIECE.exec(text)) {
    const [mark] = piece;
    if (mark === "(" || mark === "[") depth++;
    else if ((mark === "," || mark === ")") && depth === 0) {
      found.push(text.slice(from, piece.index).trim());
      from = piece.index + 1;
      if (mark === ")") break;
    } else if (mark === ")" || mark === "]") depth--;
  }
  return found;
}
