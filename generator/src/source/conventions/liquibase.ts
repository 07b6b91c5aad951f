import { blank, type Stretch } from "../blanking.ts";

const IS_LIQUIBASE = /^\uFEFF?\s*--\s*liquibase\s+formatted\s+sql\b/i;

/**
 * Liquibase's formatted SQL as PostgreSQL can take it, as long as it was: delimiters of a change set's own become
 * semicolons; change sets for other databases and ignored lines are blanked.
 */
export function fromLiquibase(text: string): string {
  if (!IS_LIQUIBASE.test(text)) return text;
  const stretches: Stretch[] = [];
  let result = "";
  let delimiter: string | null = null;
  let foreign = -1;
  let ignoring = -1;
  let ignoredLines = 0;
  for (const { 0: line, index } of text.matchAll(/[^\n]*(?:\n|$)/g)) {
    const content = line.trim();
    const changeSet = /^--\s*changeset\s+(.*)$/i.exec(content)?.[1];
    if (changeSet !== undefined) {
      if (foreign !== -1) stretches.push({ start: foreign, end: index });
      foreign = isForPostgres(changeSet) ? -1 : index;
      delimiter = /\bendDelimiter:("[^"]*"|\S+)/i.exec(changeSet)?.[1]?.replaceAll('"', "") ?? null;
    }
    const ignore = /^--\s*ignoreLines:(\w+)/i.exec(content)?.[1]?.toLowerCase();
    if (ignore === "start") ignoring = index;
    else if (ignore === "end" && ignoring !== -1) {
      stretches.push({ start: ignoring, end: index });
      ignoring = -1;
    } else if (ignore !== undefined) ignoredLines = Number(ignore);
    else if (ignoredLines > 0) {
      stretches.push({ start: index, end: index + line.length });
      ignoredLines--;
    }
    const ends = delimiter !== null && delimiter !== ";" && content.endsWith(delimiter);
    const own = ends ? line.lastIndexOf(delimiter!) : -1;
    result += ends
      ? `${line.slice(0, own)};${" ".repeat(delimiter!.length - 1)}${line.slice(own + delimiter!.length)}`
      : line;
  }
  if (foreign !== -1) stretches.push({ start: foreign, end: text.length });
  return blank(
    result,
    stretches.sort((a, b) => a.start - b.start),
  );
}

export function isForPostgres(changeSet: string): boolean {
  const names = /\bdbms:("[^"]*"|\S+)/i
    .exec(changeSet)?.[1]
    ?.replaceAll('"', "")
    .toLowerCase()
    .split(/\s*,\s*/);
  if (names === undefined || names.includes("all")) return true;
  if (names.includes("none")) return false;
  const excluded = names.filter((name) => name.startsWith("!"));
  return excluded.length > 0 ? !excluded.includes("!postgresql") : names.includes("postgresql");
}
