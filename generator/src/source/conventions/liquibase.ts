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
  let isIn = false;
  let foreign = -1;
  let ignoring = -1;
  let ignoredLines = 0;
  for (const { 0: line, index } of text.matchAll(/[^\n]*(?:\n|$)/g)) {
    const content = line.trim();
    const changeSet = /^--\s*changeset\s+(.*)$/i.exec(content)?.[1];
    if (changeSet !== undefined) {
      if (foreign !== -1) stretches.push({ start: foreign, end: index });
      foreign = isForPostgres(changeSet) && !/\signore:"?true\b/i.test(changeSet) ? -1 : index;
      delimiter = /\bendDelimiter:("[^"]*"|\S+)/i.exec(changeSet)?.[1]?.replaceAll('"', "") ?? null;
      isIn = true;
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
    result += isIn ? endedByDelimiter(line, delimiter) : line;
  }
  if (foreign !== -1) stretches.push({ start: foreign, end: text.length });
  return blank(
    result,
    stretches.sort((a, b) => a.start - b.start),
  );
}

/** Finds the first precondition that lets Liquibase pass over a change set; null where there is none. */
export function conditionIn(text: string): Stretch | null {
  const found = IS_LIQUIBASE.test(text) ? CONDITION.exec(text) : null;
  return found && { start: found.index, end: found.index + found[0].trimEnd().length };
}
const CONDITION = /^--[ \t]*preconditions\b[^\n]*\bonFail:"?(?:MARK_RAN|CONTINUE)\b[^\n]*/im;

/** Tells whether `onFail` of preconditions passes over their change set. */
export const passesOver = (onFail: string | undefined): boolean =>
  /^(?:MARK_RAN|CONTINUE)$/i.test(onFail ?? "");

/** What ends a statement where a change set does not say it, beside the semicolon. */
const ALONE = /^(?:GO|\/)$/i;

/** A line with a semicolon in place of the delimiter that ends it; one that must stand alone on its line counts only there. */
export function endedByDelimiter(line: string, delimiter: string | null): string {
  const content = line.trim();
  const own = delimiter?.replace(/^(?:\\r|\\n|[\r\n])+/, "").replace(/(?:\\r|\\n|[\r\n]|\$)+$/, "") ?? null;
  const isAlone = own === null || own === "/" || own !== delimiter;
  const ends = isAlone ? (own === null ? ALONE.test(content) : content === own) : content.endsWith(own);
  if (!ends || content === "" || own === "" || own === ";") return line;
  const length = own?.length ?? content.length;
  const at = line.trimEnd().length - length;
  return `${line.slice(0, at)};${" ".repeat(length - 1)}${line.slice(at + length)}`;
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
