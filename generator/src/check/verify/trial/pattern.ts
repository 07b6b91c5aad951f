import type { Place } from "./samples.ts";

/**
 * Makes a text that a regular expression of PostgreSQL should match; whether it does is for PostgreSQL to say.
 * @returns null where it has what is not known here
 */
export function textMatching(pattern: string, place: Place): string | null {
  const reader = new PatternReader(pattern, place);
  const text = reader.alternatives();
  return reader.isAtEnd ? text : null;
}

/** What a part that may be left out or repeated is given at the least. */
const ONCE = 1;
/** No part is repeated more often. */
const MOST = 100;

class PatternReader {
  readonly #pattern: string;
  readonly #place: Place;
  #at = 0;

  constructor(pattern: string, place: Place) {
    this.#pattern = pattern;
    this.#place = place;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  /** Reads up to the end, or the bracket that closes a group; of several alternatives each place has its own. */
  alternatives(): string {
    const all = [this.#sequence()];
    while (this.#take("|")) all.push(this.#sequence());
    return all[(this.#place - 1) % all.length]!;
  }

  #sequence(): string {
    let text = "";
    while (!this.isAtEnd && !"|)".includes(this.#pattern[this.#at]!)) {
      const atom = this.#atom();
      text += atom.repeat(this.#times());
    }
    return text;
  }

  #atom(): string {
    const next = this.#pattern[this.#at++]!;
    if (next === "^" || next === "$") return "";
    if (next === ".") return this.#letter;
    if (next === "[") return this.#oneOf();
    if (next === "\\") return this.#escaped();
    if (next !== "(") return next;
    const isLookingAhead = /^\?[=!]/.test(this.#pattern.slice(this.#at));
    const [opening = ""] = /^\?(?:[:=!]|<[=!])/.exec(this.#pattern.slice(this.#at)) ?? [];
    this.#at += opening.length;
    const inside = this.alternatives();
    this.#take(")");
    return isLookingAhead || opening.startsWith("?<") ? "" : inside;
  }

  get #letter(): string {
    return "abc"[this.#place - 1]!;
  }

  #escaped(): string {
    const next = this.#pattern[this.#at++] ?? "";
    if (next === "d") return `${this.#place}`;
    if (next === "w" || next === "D" || next === "S") return this.#letter;
    if (next === "s" || next === "W") return " ";
    return /[AmMyYZbB]/.test(next) ? "" : next;
  }

  /** A character of a bracket expression: of its first range, or what it does not exclude. */
  #oneOf(): string {
    const isExcluding = this.#take("^");
    const start = this.#at;
    // A bracket that closes stands for itself at the beginning.
    let end = this.#pattern[start] === "]" ? start + 1 : start;
    for (; end < this.#pattern.length && this.#pattern[end] !== "]"; end++) {
      if (this.#pattern[end] === "\\") end++;
      else if (this.#pattern.startsWith("[:", end)) end = this.#pattern.indexOf(":]", end) + 1;
    }
    const inside = this.#pattern.slice(start, end);
    this.#at = end + 1;
    if (isExcluding) return [..."abcxyz123-_ "].find((one) => !isWithin(one, inside)) ?? this.#letter;
    const [, named, first = "", last] =
      /^(?:\[:(\w+):\]|\\?(.)(?:-(?!$)\\?(.))?)/su.exec(
        inside.replace(/^\\d/, "0-9").replace(/^\\w/, "a-z"),
      ) ?? [];
    if (named !== undefined) return NAMED[named]?.[this.#place - 1] ?? this.#letter;
    if (last === undefined) return first;
    const code = Math.min(first.codePointAt(0)! + this.#place, last.codePointAt(0)!);
    return String.fromCodePoint(Math.max(code, first.codePointAt(0)!));
  }

  #times(): number {
    const [quantifier, least, comma, most] =
      /^(?:[?*+]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#pattern.slice(this.#at)) ?? [];
    if (quantifier === undefined) return ONCE;
    this.#at += quantifier.length;
    if (least === undefined) return ONCE;
    const isOpen = comma !== undefined && (most === "" || Number(most) > 0);
    return Math.min(Math.max(Number(least), isOpen ? ONCE : 0), MOST);
  }

  #take(text: string): boolean {
    const isNext = this.#pattern.startsWith(text, this.#at);
    if (isNext) this.#at += text.length;
    return isNext;
  }
}

const NAMED: Readonly<Record<string, string>> = {
  alpha: "abc",
  alnum: "abc",
  lower: "abc",
  upper: "ABC",
  digit: "123",
  xdigit: "abc",
  space: "   ",
  punct: "-_.",
};

/** Tells whether the inside of a bracket expression has a character, as far as ranges and single ones go. */
function isWithin(one: string, inside: string): boolean {
  const known = inside
    .replaceAll(/\[:space:\]|\\s/g, " ")
    .replaceAll(/\[:digit:\]|\\d/g, "0-9")
    .replaceAll(/\[:(?:alpha|alnum|lower):\]|\\w/g, "a-z");
  for (const [, first = "", last = first] of known.matchAll(/\\?(.)(?:-(?!$)\\?(.))?/gsu))
    if (one >= first && one <= last) return true;
  return false;
}
