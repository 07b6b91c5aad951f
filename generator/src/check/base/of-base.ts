import { LineIndex } from "../../diagnostics/line-index.ts";
import { textOf } from "../../files/files.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Base } from "./base.ts";

/** Tells a diagnostic of the other side's, whose files are not the user's: its place becomes text. */
export async function ofBase({ span, ...diagnostic }: Diagnostic, base: Base): Promise<Diagnostic> {
  const text = span && base.kind !== "database" ? await textOf(base.project.files, span.file) : null;
  const line = span && text !== null ? new LineIndex(text).position(span.start).line : undefined;
  const place = span === undefined ? "" : `, ${span.file}${line === undefined ? "" : `:${line}`}`;
  return { ...diagnostic, message: `in ${base.label}${place}: ${diagnostic.message}` };
}
