import { asStored, isNullTest, isOwnCollation, TEXT_TYPES } from "./allowed-texts.ts";
import { constantText } from "./tree/constant-value.ts";
import type { Expression } from "./tree/node-types.ts";

/** A form that texts have: what always stands there, and null for what may be anything. */
export type TextPattern = readonly (string | null)[];

/** textlike; textregexeq. Those that ignore case, and those of char(n), are others. */
const LIKE = 850;
const MATCHES = 1254;

/**
 * The form that a CHECK demands of its subject: `subject like 'usr_%'`, `subject ~ '^[a-z]+-'`, one of these beside other conditions, or with
 * `subject is null or`. A form may be wider than the pattern, and never narrower. Null where nothing of the texts is certain.
 */
export function allowedPattern(
  check: Expression,
  isSubject: (expr: Expression) => boolean,
): TextPattern | null {
  if (check.kind === "BoolExpr" && check.boolop !== "NOT_EXPR") {
    const found = check.args.map((part) => allowedPattern(part, isSubject));
    if (check.boolop === "AND_EXPR") return found.find((pattern) => pattern !== null) ?? null;
    const others = check.args.filter((part) => !isNullTest(part, isSubject));
    return others.length === 1 ? (found[check.args.indexOf(others[0]!)] ?? null) : null;
  }
  if (check.kind !== "OpExpr" || (check.opfuncid !== LIKE && check.opfuncid !== MATCHES)) return null;
  const [left, right] = check.args;
  // Under a collation of the user's, texts that differ may match.
  if (!left || !right || !isSubject(asStored(left)) || isOwnCollation(check.inputcollid)) return null;
  const constant = asStored(right);
  if (constant.kind !== "Const" || !TEXT_TYPES.has(constant.consttype)) return null;
  const pattern = constantText(constant);
  if (pattern === null) return null;
  return check.opfuncid === LIKE ? formOfLike(pattern) : formOfRegex(pattern);
}

/** The form of texts that LIKE finds; null where none is certain. */
export function formOfLike(pattern: string): TextPattern | null {
  const form = new Form();
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === "%" || character === "_") form.anything();
    else if (character !== "\\") form.text(character);
    else if (++i < characters.length) form.text(characters[i]!);
    else return null;
  }
  return form.parts();
}

/** What means something in a regular expression. */
const META = new Set(String.raw`\^$.[]|()?*+{}`);
/** Escapes for one character of a kind. */
const KINDS = "dwsDWS";
const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/;

/** The form of texts that a regular expression finds, as PostgreSQL reads them; null where it is not simple enough to be certain. */
export function formOfRegex(pattern: string): TextPattern | null {
  if (!pattern.startsWith("^")) return null;
  const form = new Form();
  let at = 1;
  let isEnded = false;
  while (at < pattern.length) {
    if (pattern[at] === "$" && at === pattern.length - 1) {
      isEnded = true;
      break;
    }
    const atom = atomAt(pattern, at);
    if (atom === null) return null;
    at = atom.end;
    const quantifier = QUANTIFIER.exec(pattern.slice(at))?.[0] ?? "";
    at += quantifier.length;
    // Two of them are no quantifier, or another thing than they look like.
    if (QUANTIFIER.test(pattern.slice(at))) return null;
    if (atom.text === null || quantifier !== "") form.anything();
    else form.text(atom.text);
  }
  if (!isEnded) form.anything();
  return form.parts();
}

/** One character, or one of a kind, which is null; nothing where it is anything else. */
function atomAt(pattern: string, at: number): { readonly text: string | null; readonly end: number } | null {
  const character = String.fromCodePoint(pattern.codePointAt(at)!);
  if (character === ".") return { text: null, end: at + 1 };
  if (character === "[") {
    const end = endOfClass(pattern, at);
    return end === null ? null : { text: null, end };
  }
  if (character === "\\") {
    const escaped = pattern[at + 1] ?? "";
    if (KINDS.includes(escaped) && escaped !== "") return { text: null, end: at + 2 };
    return META.has(escaped) || escaped === "-" || escaped === "/" ? { text: escaped, end: at + 2 } : null;
  }
  return META.has(character) ? null : { text: character, end: at + character.length };
}

/** Finds the end of `[…]`; null where it has more than characters, ranges and named classes. */
function endOfClass(pattern: string, open: number): number | null {
  const found = /^\[\^?\]?(?:[^[\]\\]|\\[^a-zA-Z]|\\[dws]|\[:[a-z]+:\])*\]/u.exec(pattern.slice(open));
  return found && open + found[0].length;
}

class Form {
  readonly #parts: (string | null)[] = [];

  text(text: string): void {
    const last = this.#parts.at(-1);
    if (typeof last === "string") this.#parts[this.#parts.length - 1] = last + text;
    else this.#parts.push(text);
  }

  anything(): void {
    if (this.#parts.at(-1) !== null) this.#parts.push(null);
  }

  /** Nothing where any text has the form. */
  parts(): TextPattern | null {
    return this.#parts.some((part) => part !== null) ? this.#parts : null;
  }
}
