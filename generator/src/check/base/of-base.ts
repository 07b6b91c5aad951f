import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SourceTexts } from "../../diagnostics/source-texts.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";

/** Tells a diagnostic of the other side's. Its files are gone, or not the user's, when it is read: its place becomes text. */
export function ofBase(
  { span, ...diagnostic }: Diagnostic,
  { label, root }: { readonly label: string; readonly root: string },
): Diagnostic {
  const texts = new SourceTexts((file) => {
    try {
      return readFileSync(resolve(root, file), "utf8");
    } catch {
      return undefined;
    }
  });
  const line = span && texts.lines(span.file)?.position(span.start).line;
  const place = span === undefined ? "" : `, ${span.file}${line === undefined ? "" : `:${line}`}`;
  return { ...diagnostic, message: `in ${label}${place}: ${diagnostic.message}` };
}
