// How names and texts are written in SQL, and what PostgreSQL makes of what is written.

/** Writes a name so that PostgreSQL reads it as it is. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Words that mean something else where a table or column may stand, or nothing at all. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time
  current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
  full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
  localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
  returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
  unique user using variadic verbose when where window with`.split(/\s+/),
);

/** Writes a name, quoted only where PostgreSQL would not read it as it stands. @param reserved words that are no names */
export function quoteIdentifierIfNeeded(name: string, reserved: ReadonlySet<string> = RESERVED): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !reserved.has(name) ? name : quoteIdentifier(name);
}

/** Writes a text as a constant; a backslash is one where `standard_conforming_strings` is on, as it is unless somebody says otherwise. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Writes a text as a constant, whatever `standard_conforming_strings` says. */
export function escapeLiteral(text: string): string {
  return text.includes("\\")
    ? ` E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : quoteLiteral(text);
}

/** Reads a quoted name or a plain string constant: without its quotes, doubled ones undone. */
export function unquote(quoted: string): string {
  const quote = quoted[0]!;
  return quoted.slice(1, quoted.endsWith(quote) ? -1 : undefined).replaceAll(quote + quote, quote);
}

/** Reads a string constant, plain or between dollars; null for one with escapes. */
export function textOf(written: string): string | null {
  const tag = /^\$[^$]*\$/.exec(written)?.[0];
  if (tag !== undefined) return written.slice(tag.length, -tag.length);
  return written.startsWith("'") ? unquote(written) : null;
}

/** Reads a name, quoted or not, as PostgreSQL knows it. */
export function nameOf(written: string): string {
  return written.startsWith('"') ? unquote(written) : foldName(written);
}

/** Folds a name that is not quoted as PostgreSQL does: ASCII letters alone. */
export function foldName(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Splits an identity into its parts, unquoted: `public."Odd".id` is `public`, `Odd`, `id`. A signature is left out. */
export function partsOf(identity: string): string[] {
  const parts: string[] = [];
  for (const [whole] of identity.matchAll(/"(?:[^"]|"")*"|[^."(]+|\(/g)) {
    if (whole === "(") break;
    parts.push(whole.startsWith('"') ? unquote(whole) : whole);
  }
  return parts;
}

/** Tells whether a path, which may lack the schema, names what has this identity. */
export const isNamed = (identity: string, path: readonly (string | undefined)[]): boolean =>
  partsOf(identity).slice(-path.length).join(".") === path.join(".");
