import { styleText } from "node:util";
import type { AnalysedQuery } from "./analysis-document.ts";

/** The analysed queries for people: each with its parameters and columns. */
export function renderAnalysis(queries: readonly AnalysedQuery[], { color }: { color: boolean }): string {
  const bold = (text: string): string => (color ? styleText("bold", text) : text);
  const dim = (text: string): string => (color ? styleText("dim", text) : text);
  const blocks = queries.map((query) => {
    const params = query.params.map((param) => [
      `$${param.number}`,
      param.name,
      nullness(param.type, param.nullable),
      param.tsType,
      "",
    ]);
    const columns = query.columns.map((column) => [
      "",
      column.name,
      nullness(column.type, column.nullable),
      column.tsType,
      column.table === null ? "" : `${column.table}.${column.column}`,
    ]);
    const rows = [...params, ...columns];
    const widths = [0, 1, 2, 3].map((at) => Math.max(0, ...rows.map((row) => row[at]!.length)));
    const lines = rows.map((row) => {
      const cells = row.map((cell, at) => cell.padEnd(widths[at] ?? 0));
      const last = cells.pop()!;
      return `  ${cells.join("  ")}  ${last === "" ? "" : dim(last)}`.trimEnd();
    });
    const head = `${bold(query.name)} ${query.command}  ${dim(`${query.file}:${query.line}`)}`;
    return `${[head, ...lines].join("\n")}\n`;
  });
  return blocks.join("\n");
}

function nullness(type: string, nullable: boolean): string {
  return nullable ? `${type} | null` : type;
}
