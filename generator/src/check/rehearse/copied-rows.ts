import { type Files, textOf } from "../../files/files.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import { parseScript } from "../../postgres/raw-parse.ts";
import { readExecutable } from "../../source/migrations.ts";
import type { Script } from "./migration.ts";

/** Schema files, and where their texts are as they were written. */
export interface Written {
  readonly files: Files;
  readonly schema: readonly SchemaFile[];
}

/** Puts each `COPY … FROM stdin` of a script's file where it stands, with its rows, which psql alone sends. */
export async function withCopies(script: Script, { files, schema }: Written): Promise<Script> {
  const own = schema.filter(({ path }) => path === script.file);
  const statements = [...script.statements];
  for (const { sql, rows, span } of await copiesIn({ files, schema: own })) {
    const [parsed = null] = await parseScript(sql).catch(() => []);
    const at = statements.findIndex((one) => one.span !== null && one.span.start > span.start);
    statements.splice(at === -1 ? statements.length : at, 0, { sql, rows, span, parsed });
  }
  return { ...script, statements };
}

/**
 * Tells of each `COPY … FROM stdin` that is new, and stands in no script: what is edited in place has no rows.
 * @param scripts the files of which all is rehearsed
 */
export async function copiedRows(
  head: Written,
  base: Written | null,
  scripts: ReadonlySet<string>,
): Promise<Diagnostic[]> {
  const found = (await copiesIn(head)).filter(({ span }) => !scripts.has(span.file));
  if (found.length === 0) return [];
  const known = new Set(base === null ? [] : (await copiesIn(base)).map(({ whole }) => whole));
  return found.flatMap(({ whole, span }) =>
    known.has(whole)
      ? []
      : [
          {
            code: "rehearse-left-out",
            severity: "warning",
            message: "COPY … FROM stdin is not rehearsed: its locks, and what its rows meet, were not seen",
            hint: "The schema is edited in place, so that nothing sends them: rehearse a script that has them, with --sql.",
            span,
          },
        ],
  );
}

interface Copy {
  readonly whole: string;
  readonly sql: string;
  readonly rows: string;
  readonly span: Span;
}

async function copiesIn({ files, schema }: Written): Promise<Copy[]> {
  const found: Copy[] = [];
  for (const { path, locate } of schema) {
    // What a template has made is written somewhere else.
    const text = locate === undefined ? await textOf(files, path).catch(() => null) : null;
    if (text === null) continue;
    for (const { start, end, rowsEnd } of readExecutable(path, text).copies)
      found.push({
        whole: text.slice(start, rowsEnd),
        sql: text.slice(start, end).replace(/;\s*$/, ""),
        rows: rowsOf(text.slice(end, rowsEnd)),
        span: { file: path, start, end },
      });
  }
  return found;
}

/** Leaves out the rest of the statement's line, and the mark behind the last row. */
const rowsOf = (behind: string): string => behind.replace(/^[^\n]*\n/, "").replace(/^\\\.[ \t]*\r?\n?$/m, "");
