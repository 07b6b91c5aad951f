import type { Diagnostic, Severity, Span } from "../model/diagnostic.ts";
import { type ReadText, SourceTexts } from "./source-texts.ts";

/** A diagnostic as the `analyze --json` document shows it; absent parts are null, so that every key is always there. */
export interface JsonDiagnostic extends JsonPlace {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hint: string | null;
  readonly sqlState: string | null;
}

/** Where a span starts and ends, from 1; null where its file cannot be read. */
export interface JsonPlace {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly endLine: number | null;
  readonly endColumn: number | null;
}

export function toJsonPlace(span: Span | undefined, sources: SourceTexts): JsonPlace {
  const lines = span === undefined ? null : sources.lines(span.file);
  const start = span !== undefined && lines !== null ? lines.position(span.start) : null;
  const end = span !== undefined && lines !== null ? lines.position(Math.max(span.start, span.end)) : null;
  return {
    file: span?.file ?? null,
    line: start?.line ?? null,
    column: start?.column ?? null,
    endLine: end?.line ?? null,
    endColumn: end?.column ?? null,
  };
}

export function toJsonDiagnostics(diagnostics: readonly Diagnostic[], readText: ReadText): JsonDiagnostic[] {
  const sources = new SourceTexts(readText);
  return diagnostics.map((diagnostic) => {
    return {
      code: diagnostic.code,
      severity: diagnostic.severity,
      ...toJsonPlace(diagnostic.span, sources),
      message: diagnostic.message,
      hint: diagnostic.hint ?? null,
      sqlState: diagnostic.sqlState ?? null,
    };
  });
}
