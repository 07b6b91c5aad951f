import type { Diagnostic, Severity } from "../model/diagnostic.ts";
import { type ReadText, SourceTexts } from "./source-texts.ts";

/** A diagnostic as the `analyze --json` document shows it; absent parts are null, so that every key is always there. */
export interface JsonDiagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly endLine: number | null;
  readonly endColumn: number | null;
  readonly message: string;
  readonly hint: string | null;
  readonly sqlState: string | null;
}

export function toJsonDiagnostics(diagnostics: readonly Diagnostic[], readText: ReadText): JsonDiagnostic[] {
  const sources = new SourceTexts(readText);
  return diagnostics.map((diagnostic) => {
    const { span } = diagnostic;
    const lines = span === undefined ? null : sources.lines(span.file);
    const start = span !== undefined && lines !== null ? lines.position(span.start) : null;
    const end = span !== undefined && lines !== null ? lines.position(Math.max(span.start, span.end)) : null;
    return {
      code: diagnostic.code,
      severity: diagnostic.severity,
      file: span?.file ?? null,
      line: start?.line ?? null,
      column: start?.column ?? null,
      endLine: end?.line ?? null,
      endColumn: end?.column ?? null,
      message: diagnostic.message,
      hint: diagnostic.hint ?? null,
      sqlState: diagnostic.sqlState ?? null,
    };
  });
}
