/** A text as SQL writes it, whatever `standard_conforming_strings` says. */
export const literal = (text: string): string =>
  text.includes("\\")
    ? ` E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;

/** A value of a type, or NULL. */
export const typed = (value: string | null, type: string): string =>
  `cast(${value === null ? "null" : literal(value)} as ${type})`;

/** A name as SQL writes it. */
export const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
