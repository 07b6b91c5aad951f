import { LineIndex } from "../diagnostics/line-index.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { readTextIn } from "./read-text.ts";

/** Renders what was seen at each finding of a rule, in Markdown. */
export function renderSeen(
  findings: readonly Diagnostic[],
  evidence: ReadonlyMap<Diagnostic, readonly string[]>,
  root: string,
): string {
  const read = readTextIn(root);
  if (findings.length === 0) return "\n## Seen in this project\n\nNothing.\n";
  const blocks = findings.map((finding) => {
    const { span, message } = finding;
    const text = span === undefined ? undefined : read(span.file);
    const line = span && text !== undefined ? `:${new LineIndex(text).position(span.start).line}` : "";
    const place = span === undefined ? "" : `${span.file}${line}: `;
    const seen = (evidence.get(finding) ?? []).map((one) => `    ${one}\n`).join("");
    return `- ${place}${message}\n${seen === "" ? "" : `\n${seen}`}`;
  });
  return `\n## Seen in this project\n\n${blocks.join("\n")}`;
}
