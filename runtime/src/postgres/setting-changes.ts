import type { QueryConfig } from "../statement.ts";
import { IS_RIGHT, UNREPORTED } from "./startup-settings.ts";

const SILENT = Object.keys(UNREPORTED).join("|");
const ANY = Object.keys(IS_RIGHT).join("|");

/** Names of settings that no server reports, and what may stand for them: an identifier with escapes, a row of the view. */
const MENTIONS_SILENT = new RegExp(
  String.raw`${SILENT}|\bu&"|\bupdate\s+(?:only\s+)?(?:pg_catalog\s*\.\s*)?"?pg_settings\b`,
  "i",
);
const MENTIONS_ANY = new RegExp(String.raw`${ANY}|\bnames\b|\bu&"`, "i");
/** A call, with what stands for the setting's name: a text, a parameter, or neither. */
const CALL = /\bset_config\b"?\s*\(\s*(?:'([^'\\]*)'\s*(?:::\s*\w+\s*)?,|\$(\d+)\s*(?:::\s*\w+\s*)?,)?/gi;
const IS_SILENT = new RegExp(`^(?:${SILENT})$`, "i");
const IS_ANY = new RegExp(`^(?:${ANY})$`, "i");

/** Of a statement's text: which settings it may set, of those that the text of values depends on. */
interface Text {
  /** Whether one that no server reports. */
  readonly isSilent: boolean;
  /** Whether any, where it is a SET. */
  readonly mentionsAny: boolean;
  /** Whether any, by a call. */
  readonly callsAny: boolean;
  /** The parameters that name what a call sets, by index. */
  readonly names: readonly number[];
}

/** Of nearly all. */
const NOTHING: Text = { isSilent: false, mentionsAny: false, callsAny: false, names: [] };
/** Texts are constants of generated code; those that an application puts together are not kept for ever. */
const known = new Map<string, Text>();
const KNOWN_LIMIT = 10_000;

/** Tells whether a statement may set one of the settings that the text of values depends on, and that no server reports. */
export function mayChangeSilently({ text, values }: Pick<QueryConfig, "text" | "values">): boolean {
  const { isSilent, names } = textOf(text);
  return isSilent || names.some((index) => isNamed(IS_SILENT, values[index]));
}

/** Tells whether it may set any of them before its own values are written, or those of what is sent together with it. */
export function mayChangeEarly({
  text,
  values,
  query,
}: Pick<QueryConfig, "text" | "values" | "query">): boolean {
  const { mentionsAny, callsAny, names } = textOf(text);
  if (query.operation === "SET" && mentionsAny) return true;
  return callsAny || names.some((index) => isNamed(IS_ANY, values[index]));
}

/** Tells whether any of what is sent together may; looks at them once, for there may be very many. */
export function mayAnyChange(all: readonly Pick<QueryConfig, "text" | "values" | "query">[]): () => boolean {
  let may: boolean | undefined;
  return () => {
    may ??= all.some((one) => mayChangeEarly(one) || mayChangeSilently(one));
    return may;
  };
}

/** Tells whether it is such a name, or may be: a value that is no text yet is not known. */
function isNamed(pattern: RegExp, value: unknown): boolean {
  return typeof value !== "string" || pattern.test(value);
}

function textOf(text: string): Text {
  let one = known.get(text);
  if (one === undefined) {
    one = read(text);
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(text, one);
  }
  return one;
}

function read(text: string): Text {
  const names: number[] = [];
  let isSilent = MENTIONS_SILENT.test(text);
  let callsAny = false;
  for (const [, literal, parameter] of text.matchAll(CALL)) {
    // What is neither is made by the statement, and may be any.
    const isUnknown = literal === undefined && parameter === undefined;
    isSilent ||= isUnknown;
    callsAny ||= isUnknown || (literal !== undefined && IS_ANY.test(literal));
    if (parameter !== undefined) names.push(Number(parameter) - 1);
  }
  const mentionsAny = MENTIONS_ANY.test(text);
  return isSilent || mentionsAny || callsAny || names.length > 0
    ? { isSilent, mentionsAny, callsAny, names }
    : NOTHING;
}
