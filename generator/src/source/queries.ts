import type { Diagnostic } from "../model/diagnostic.ts";
import type { QuerySource } from "../model/source.ts";
import { type LeftOut, readAnnotations } from "./annotations.ts";
import { rewriteMacros } from "./macros.ts";

export interface QueryFile {
  readonly queries: readonly QuerySource[];
  readonly diagnostics: readonly Diagnostic[];
  /** Statements that no annotation stands above. */
  readonly leftOut: readonly LeftOut[];
}

/** Reads one query file: its annotated statements with their macros replaced, and everything wrong with them. */
export function readQueries(file: string, text: string): QueryFile {
  const annotated = readAnnotations(file, text);
  const diagnostics: Diagnostic[] = [...annotated.diagnostics];
  const queries: QuerySource[] = [];
  for (const statement of annotated.statements) {
    const { errors, ...rewritten } = rewriteMacros(text, statement.body, statement.tokens);
    for (const { code, message, hint, start, end } of errors) {
      diagnostics.push({ code, severity: "error", message, hint, span: { file, start, end } });
    }
    if (errors.length > 0) continue;
    const { name, command, line, comments, annotation, flags } = statement;
    queries.push({
      name,
      command,
      line,
      comments,
      ...(flags.length > 0 && { flags }),
      span: { file, ...annotation },
      ...rewritten,
    });
  }
  return {
    queries,
    leftOut: annotated.leftOut,
    diagnostics: diagnostics.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0)),
  };
}
