/** What looks like a space, or like nothing, and is part of a name to PostgreSQL. */
const UNSEEN = /[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/;

/** What no editor writes: DOS ended its files with U+001A. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000e-\u001f\u007f]/;

/** Tells of a character that looks like another, in the first word of a text. */
export function lookAlike(rest: string): string | undefined {
  if (/^[\u2018-\u201f]/.test(rest)) return "Strings stand in straight quotes, 'so', and names in \"such\".";
  const word = /^[^ \t\r\n,;()]*/.exec(rest)?.[0] ?? "";
  const character = UNSEEN.exec(word)?.[0] ?? CONTROL.exec(word)?.[0];
  if (character === undefined) return undefined;
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return CONTROL.test(character)
    ? `The character U+${code} stands there, which is no text: take it out.`
    : `The character U+${code} stands there, which looks like a space or like nothing, and is part of a name to PostgreSQL. Write a plain space.`;
}
