import type { Diagnostic } from "../model/diagnostic.ts";
import { GIVE_ROWS } from "../model/query.ts";
import type { QuerySource } from "../model/source.ts";
import type { RawStatement } from "../postgres/raw-parse.ts";
import { nodeOf, nodesOf } from "../postgres/raw-tree.ts";
import { tokenize } from "../sql/lexer.ts";

/** Says what a statement lacks of what sqlc asks for its command; null where it fits. */
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
  if (GIVE_ROWS.has(command) && returnsNothing) {
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
  if (GIVE_ROWS.has(command) && "intoClause" in raw.tree && raw.tree.intoClause) {
    return problem(
      `query "${name}" is ${command}, and SELECT INTO makes a table of its rows`,
      "Leave INTO out, or use :exec.",
    );
  }
  const copy = raw.kind === "CopyStmt" ? raw.tree : null;
  if (copy && !copy.filename && !copy.is_program) {
    const direction = copy.is_from ? "FROM STDIN" : "TO STDOUT";
    return problem(
      `query "${name}" is a COPY ${direction}, whose rows no parameter can hold`,
      copy.is_from
        ? "Write it as `insert into t (a, b) values ($1, $2)` with :copyfrom, which copies."
        : "Select the rows with :many.",
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

/** Says what a statement's result, as PostgreSQL described it, leaves its command without; null where it fits. */
export function resultProblem(
  source: QuerySource,
  kind: string,
  columns: readonly unknown[],
): Diagnostic | null {
  if (!GIVE_ROWS.has(source.command) || columns.length > 0 || kind === "SelectStmt") return null;
  const doesNotSay = kind === "FetchStmt" || kind === "ExecuteStmt";
  return {
    code: "command-mismatch",
    severity: "error",
    message: doesNotSay
      ? `query "${source.name}" is ${source.command}, and PostgreSQL does not say what ${kind === "FetchStmt" ? "FETCH" : "EXECUTE"} returns before it runs`
      : `query "${source.name}" is ${source.command}, and its statement returns no rows`,
    hint: doesNotSay
      ? "Write the statement itself, in place of the cursor's or the prepared one's name."
      : "Use :exec or :execrows.",
    span: source.span,
  };
}

/** Warns of what PostgreSQL accepts and hardly anybody means. */
export function doubts(source: QuerySource, raw: RawStatement): Diagnostic[] {
  const found: Diagnostic[] = [];
  const warn = (code: string, message: string, hint: string, at: number | null, length: number): void => {
    found.push({
      code,
      severity: "warning",
      message,
      hint,
      span:
        at === null
          ? source.span
          : {
              file: source.span.file,
              start: source.toFile(at),
              end: Math.max(source.toFile(at) + 1, source.toFile(at + length)),
            },
    });
  };
  const sorts = raw.kind === "SelectStmt" ? nodesOf(raw.tree.sortClause, "SortBy") : [];
  for (const { node } of sorts) {
    const param = nodeOf(node, "ParamRef") ?? nodeOf(nodeOf(node, "TypeCast")?.arg, "ParamRef");
    if (param?.number === undefined) continue;
    const name = source.params.find(({ number }) => number === param.number)?.name ?? `$${param.number}`;
    warn(
      "order-by-parameter",
      `ORDER BY "${name}" sorts by one value, the same for all rows`,
      "A parameter is a value, not a column's name. Write `case when @by = 'name' then name end`, or one query for each order.",
      paramOffset(source.text, param.number),
      `$${param.number}`.length,
    );
  }
  for (const { start, end, name } of paramsInStrings(source.text)) {
    warn(
      "parameter-in-string",
      `${name} stands in a string constant, and is no parameter there`,
      "Join the parts: `concat('%', @name, '%')`.",
      start,
      end - start,
    );
  }
  return found;
}

/** Finds where `$n` is first used. */
export function paramOffset(text: string, number: number): number | null {
  const token = tokenize(text).find(
    ({ kind, start, end }) => kind === "param" && text.slice(start, end) === `$${number}`,
  );
  return token?.start ?? null;
}

const PARAM_IN_STRING = /(?<=^'|[%\s])(?:@[A-Za-z_]\w*|:[A-Za-z_]\w*|\$[1-9]\d?)(?=[%\s]|'$)/g;

function paramsInStrings(text: string): { start: number; end: number; name: string }[] {
  if (!text.includes("'")) return [];
  return tokenize(text)
    .filter(({ kind, start }) => kind === "string" && text[start] === "'")
    .flatMap(({ start, end }) =>
      [...text.slice(start, end).matchAll(PARAM_IN_STRING)].map((match) => ({
        start: start + match.index,
        end: start + match.index + match[0].length,
        name: match[0],
      })),
    );
}
