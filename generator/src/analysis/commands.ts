import type { Diagnostic } from "../model/diagnostic.ts";
import type { QuerySource } from "../model/source.ts";
import type { RawStatement } from "../postgres/raw-parse.ts";
import { nodeOf } from "../postgres/raw-tree.ts";

/** What sqlc asks of a command's statement; null where it fits. */
export function commandProblem(source: QuerySource, raw: RawStatement): Diagnostic | null {
  const problem = (message: string, hint: string): Diagnostic => ({
    code: "command-mismatch",
    severity: "error",
    message,
    hint,
    span: source.span,
  });
  const { command, name } = source;
  const returnsNothing =
    ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"].includes(raw.kind) && !raw.hasReturning;
  if ([":one", ":many", ":batchone", ":batchmany"].includes(command) && returnsNothing) {
    return problem(
      `query "${name}" specifies parameter "${command}" without containing a RETURNING clause`,
      "Add `returning …`, or use :exec or :execrows.",
    );
  }
  if (command.startsWith(":batch") && !/\$\d/.test(source.text)) {
    return problem(
      `${command} commands require parameters: query "${name}" has none`,
      "Use :exec, :one or :many.",
    );
  }
  if (command === ":copyfrom") {
    const reason = copyProblem(raw);
    if (reason)
      return problem(
        `:copyfrom ${reason}: query "${name}"`,
        "Write it as `insert into t (a, b) values ($1, $2)`.",
      );
  }
  return null;
}

function copyProblem(raw: RawStatement): string | null {
  if (raw.kind !== "InsertStmt") return "requires an INSERT INTO statement";
  const { tree } = raw;
  if (tree.onConflictClause) return "is not compatible with ON CONFLICT";
  if (tree.withClause) return "is not compatible with WITH clauses";
  if (raw.hasReturning) return "is not compatible with RETURNING clauses";
  const rows = nodeOf(tree.selectStmt, "SelectStmt")?.valuesLists;
  if (rows?.length !== 1) return "requires exactly one example row to be inserted";
  const cells = nodeOf(rows[0], "List")?.items ?? [];
  return cells.every((cell) => nodeOf(cell, "ParamRef"))
    ? null
    : "requires every value to be a bare parameter";
}
