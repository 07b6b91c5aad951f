import { type Files, textOf } from "../../files/files.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import { readExecutable } from "../../source/migrations.ts";

/** Schema files, and where their texts are as they were written. */
export interface Written {
  readonly files: Files;
  readonly schema: readonly SchemaFile[];
}

/** Tells of each `COPY … FROM stdin` that is new: psql alone sends its rows, and so it is no statement that is rehearsed. */
export async function copiedRows(head: Written, base: Written | null): Promise<Diagnostic[]> {
  const found = await copiesIn(head);
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
            hint: "Rehearse it as an INSERT with --sql.",
            span,
          },
        ],
  );
}

async function copiesIn({ files, schema }: Written): Promise<{ whole: string; span: Span }[]> {
  const found: { whole: string; span: Span }[] = [];
  for (const { path, locate } of schema) {
    // What a template has made is written somewhere else.
    const text = locate === undefined ? await textOf(files, path).catch(() => null) : null;
    if (text === null) continue;
    for (const { start, end, rowsEnd } of readExecutable(path, text).copies)
      found.push({ whole: text.slice(start, rowsEnd), span: { file: path, start, end } });
  }
  return found;
}
