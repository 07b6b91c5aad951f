import { blank, type Stretch } from "../blanking.ts";

const DELIMITER = /^\uFEFF?(?:\s|--[^\n]*\n)*?--[ \t]*atlas:delimiter[ \t]+([^\r\n]+)/;
const IS_ARCHIVE = /^\uFEFF?\s*--[ \t]*atlas:txtar\b/;
const SECTION = /^-- (\S+) --[ \t]*\r?$/gm;

/**
 * A migration of Atlas's as PostgreSQL can take it, as long as it was: a delimiter of the file's own becomes semicolons; of an archive, the checks
 * around the migration are blanked.
 */
export function fromAtlas(text: string): string {
  if (!text.includes("atlas:")) return text;
  const migration = IS_ARCHIVE.test(text) ? blank(text, aroundMigration(text)) : text;
  const found = DELIMITER.exec(migration);
  if (found === null) return migration;
  const delimiter = found[1]!
    .trimEnd()
    .replace(/\\([nrt])/g, (_, escaped: string) => ({ n: "\n", r: "\r", t: "\t" })[escaped] ?? "");
  const head = migration.slice(0, found[0].length);
  const breaks = /^[\r\n]+$/.test(delimiter);
  // Of line breaks the first stays, so that a comment in front of it ends there.
  const ended = breaks
    ? `${delimiter[0]};${delimiter.slice(2)}`.slice(0, delimiter.length)
    : `;${" ".repeat(delimiter.length - 1)}`;
  return head + migration.slice(head.length).replaceAll(delimiter, ended);
}

/** All but the section that is the migration, with the lines that begin sections. */
function aroundMigration(text: string): Stretch[] {
  const sections = [...text.matchAll(SECTION)];
  return sections.flatMap((section, i) => {
    const start = section.index;
    const isMigration = section[1] === "migration.sql";
    return { start, end: isMigration ? start + section[0].length : (sections[i + 1]?.index ?? text.length) };
  });
}
