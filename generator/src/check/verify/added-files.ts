import type { Span } from "../../model/diagnostic.ts";
import { inFile, type SchemaFile } from "../../model/source.ts";
import { type ParsedStatement, parseScript } from "../../postgres/raw-parse.ts";
import { leadingBlank } from "../../sql/cut.ts";

/** Gives the files of the head that run on what the base has made: neither there already, by name or text, nor an edit of what is there. */
export function addedFiles(base: readonly SchemaFile[], head: readonly SchemaFile[]): SchemaFile[] {
  const texts = new Set(base.map(({ text }) => text));
  const paths = new Set(base.map(({ path }) => path));
  return head.filter(({ text, path }) => !texts.has(text) && !paths.has(path));
}

/** A statement of a migration, and where it stands in the author's file. */
export interface MigrationStatement {
  readonly statement: ParsedStatement;
  /** Of the file that was executed. */
  readonly text: string;
  /** Of the statement, with what stands in front of it. */
  readonly sql: string;
  readonly span: Span;
}

/** Gives the statements of the files that run on what the base has made. */
export async function addedStatements(
  base: readonly SchemaFile[],
  head: readonly SchemaFile[],
): Promise<MigrationStatement[]> {
  const found: MigrationStatement[] = [];
  for (const file of addedFiles(base, head))
    for (const statement of await parseScript(file.text).catch(() => [])) {
      const { start, end } = statement;
      const sql = file.text.slice(start, end);
      const span = inFile({ file: file.path, start: start + leadingBlank(sql), end }, file);
      found.push({ statement, text: file.text, sql, span });
    }
  return found;
}
