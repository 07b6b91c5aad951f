import { LineIndex } from "../../diagnostics/line-index.ts";
import { textOf } from "../../files/files.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { readAnnotations } from "../../source/annotations.ts";
import type { Base } from "./base.ts";

/** Tells a diagnostic of the other side's, whose files are not the user's: its place becomes text, and the query's name with it. */
export async function ofBase({ span, ...diagnostic }: Diagnostic, base: Base): Promise<Diagnostic> {
  const text = span && base.kind !== "database" ? await textOf(base.project.files, span.file) : null;
  const line = span && text !== null ? new LineIndex(text).position(span.start).line : undefined;
  const query =
    span && text !== null && diagnostic.code.startsWith("query-")
      ? readAnnotations(span.file, text).statements.find(
          ({ annotation, body }) => annotation.start <= span.start && span.start <= body.end,
        )
      : undefined;
  const place = span === undefined ? "" : `, ${span.file}${line === undefined ? "" : `:${line}`}`;
  const named = query === undefined ? "" : `, ${query.name}`;
  return { ...diagnostic, message: `in ${base.label}${place}${named}: ${diagnostic.message}` };
}
