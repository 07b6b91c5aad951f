/**
 * Gives the words of a text in which PostgreSQL looks names up, in lower case; null where one may be written with escapes. That a backslash
 * is none in a usual string (`standard_conforming_strings`) is for the caller to know.
 */
export function wordsOf(text: string): ReadonlySet<string> | null {
  if (/\bu&['"]/i.test(text) || (text.includes("\\") && /\be'/i.test(text))) return null;
  const words = new Set(lowerCase(text).match(WORD));
  // A string can go on in the next line, and a word of it, too.
  if (CONTINUED_STRING.test(text))
    for (const word of lowerCase(text.replace(ALL_CONTINUED, "")).match(WORD) ?? []) words.add(word);
  return words;
}

/** Tells whether a name can be meant by a text that has these words. */
export function canMean(words: ReadonlySet<string>, name: string): boolean {
  // What is longer was cut, and stands in the text as it was.
  if (name.length * (/^[\0-\x7f]*$/.test(name) ? 1 : 3) >= CUT) return true;
  const parts = lowerCase(name).match(WORD) ?? [];
  return parts.every((part) => words.has(part));
}

/** Names with other characters in them are quoted: each of their parts is a word then. */
const WORD = /[a-z0-9_\u0080-\uffff]+/g;
const CONTINUED_STRING = /'(?:[ \t\r\f\v]|--[^\n]*)*\n(?:\s|--[^\n]*\n)*'/;
const ALL_CONTINUED = new RegExp(CONTINUED_STRING, "g");
/** PostgreSQL cuts names at 63 bytes, or in front of the character that does not fit. */
const CUT = 60;

/** As PostgreSQL does with names: other letters than those of ASCII stay. */
const lowerCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
