/** A set of characters that stands so many times, or a group that does; a literal is a set of one. */
type Part =
  | { readonly characters: string; readonly least: number; readonly most: number }
  | { readonly parts: readonly Part[]; readonly least: number };

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const PRINTABLE = `${LETTERS}${DIGITS}${LETTERS.toUpperCase()}-_.,:;/@+*#=!?&%$~'"()[]{}<>|^\` \\`;
const WORD = `${LETTERS}${DIGITS}_${LETTERS.toUpperCase()}`;

const SHORTHANDS: Readonly<Record<string, string>> = { d: DIGITS, w: WORD, s: " " };
const CONTROLS: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r" };
const NAMED: Readonly<Record<string, string>> = {
  alpha: LETTERS + LETTERS.toUpperCase(),
  alnum: LETTERS + DIGITS + LETTERS.toUpperCase(),
  digit: DIGITS,
  lower: LETTERS,
  upper: LETTERS.toUpperCase(),
  xdigit: `${DIGITS}abcdefABCDEF`,
  space: " ",
  punct: "-_.,:;/@",
  print: PRINTABLE,
  graph: PRINTABLE.replace(" ", ""),
  word: WORD,
};
const without = (from: string, taken: string): string =>
  [...from].filter((character) => !taken.includes(character)).join("");

/** Thrown by what is read of a pattern where no text can be made for it. */
class Unreadable extends Error {}

/** Reads PostgreSQL's regular expressions as far as texts can be made for them: no looking around, no references back. */
class PatternReader {
  #rest: string;
  constructor(pattern: string) {
    this.#rest = pattern;
  }

  readAll(): Part[] {
    const parts = this.#alternatives();
    if (this.#rest !== "") throw new Unreadable();
    return parts;
  }

  /** Gives the first of the alternatives, and passes over the others. */
  #alternatives(): Part[] {
    const first = this.#sequence();
    while (this.#take(/^\|/) !== undefined) this.#sequence();
    return first;
  }

  #sequence(): Part[] {
    const parts: Part[] = [];
    while (this.#rest !== "" && !/^[|)]/.test(this.#rest)) {
      // Anchors, and where words begin and end.
      if (this.#take(/^(?:[\^$]|\\[AZmMyY])/) !== undefined) continue;
      const atom = this.#atom();
      const [least, most] = this.#times();
      parts.push(typeof atom === "string" ? { characters: atom, least, most } : { parts: atom, least });
    }
    return parts;
  }

  #times(): [least: number, most: number] {
    const [, sign, least, comma, most] = this.#take(/^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/) ?? [];
    if (sign !== undefined) return [sign === "+" ? 1 : 0, sign === "?" ? 1 : Number.POSITIVE_INFINITY];
    if (least === undefined) return [1, 1];
    const upper = comma === "" ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    return [Number(least), upper];
  }

  #atom(): string | Part[] {
    if (this.#take(/^\((?:\?:)?/) !== undefined) {
      if (this.#rest.startsWith("?")) throw new Unreadable();
      const parts = this.#alternatives();
      if (this.#take(/^\)/) === undefined) throw new Unreadable();
      return parts;
    }
    if (this.#take(/^\[/) !== undefined) return this.#set();
    const [character = ""] = this.#take(/^[^\\]/s) ?? [];
    return character === "." ? PRINTABLE : character || this.#escape();
  }

  #escape(): string {
    const [, letter = ""] = this.#take(/^\\(.)/s) ?? [];
    const shorthand = SHORTHANDS[letter.toLowerCase()];
    if (shorthand !== undefined) return letter in SHORTHANDS ? shorthand : without(PRINTABLE, shorthand);
    if (letter in CONTROLS) return CONTROLS[letter]!;
    if (letter === "" || /[a-zA-Z0-9]/.test(letter)) throw new Unreadable();
    return letter;
  }

  #set(): string {
    const isNegated = this.#take(/^\^/) !== undefined;
    let characters = "";
    while (characters === "" || this.#take(/^\]/) === undefined) {
      const [, named] = this.#take(/^\[:(\w+):\]/) ?? [];
      const [, from, to] = this.#take(/^([^\\])-([^\]])/s) ?? [];
      if (named !== undefined) characters += NAMED[named] ?? "";
      else if (from !== undefined) characters += between(from, to!);
      else characters += this.#rest.startsWith("\\") ? this.#escape() : (this.#take(/^./s)?.[0] ?? "");
      if (this.#rest === "") throw new Unreadable();
    }
    return isNegated ? without(PRINTABLE, characters) : characters;
  }

  #take(what: RegExp): RegExpExecArray | undefined {
    const found = what.exec(this.#rest) ?? undefined;
    if (found !== undefined) this.#rest = this.#rest.slice(found[0].length);
    return found;
  }
}

function between(from: string, to: string): string {
  const [first, last] = [from.codePointAt(0)!, to.codePointAt(0)!];
  return String.fromCodePoint(
    ...Array.from({ length: Math.min(last - first + 1, 200) }, (_, i) => first + i),
  );
}

/** How long a text of a set is where its length is free: three characters of a set that has several are enough for a thousand rows. */
const FREE_LENGTH = 3;

/** Gives a text that a regular expression of PostgreSQL's matches, another for every other `n`; null where none can be made. */
export function matching(pattern: string, n: number): string | null {
  let rest = n;
  const write = (part: Part): string => {
    if ("parts" in part)
      return Array.from({ length: part.least }, () => part.parts.map(write).join("")).join("");
    const { characters, least, most } = part;
    if (characters === "") throw new Unreadable();
    const free = characters.length > 1 ? FREE_LENGTH : least;
    const length = Math.max(least, Math.min(most, free));
    return Array.from({ length }, () => {
      const character = characters[rest % characters.length];
      rest = Math.floor(rest / characters.length);
      return character;
    }).join("");
  };
  try {
    return new PatternReader(pattern).readAll().map(write).join("");
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** Gives a text that LIKE lets through. */
export const alike = (pattern: string, n: number): string =>
  pattern.replace(
    /\\(.)|[%_]/gs,
    (whole, escaped: string | undefined) => escaped ?? (whole === "%" ? `${n}` : LETTERS[n % 26]!),
  );
