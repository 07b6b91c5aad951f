import { styleText } from "node:util";
import type { AnalysedQuery, AnalysedVariant } from "./analysis-document.ts";

/** The analysed queries for people: each with its parameters and columns, and what it is sent as where that is asked for. */
export function renderAnalysis(
  queries: readonly AnalysedQuery[],
  { color, variants }: { color: boolean; variants: boolean },
): string {
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
    const sent = (variants ? (query.variants ?? []) : []).flatMap((variant) => [
      "",
      `  ${dim(`-- ${describeVariant(variant)}`)}`,
      ...variant.sql.split("\n").map((line) => `  ${line}`.trimEnd()),
    ]);
    return `${[head, ...lines, ...sent].join("\n")}\n`;
  });
  return blocks.join("\n");
}

function nullness(type: string, nullable: boolean): string {
  return nullable ? `${type} | null` : type;
}

/** Says for which arguments a statement is sent. */
export function describeVariant({
  given,
  sort,
  backwards,
  behind,
}: Omit<AnalysedVariant, "notNull" | "rows">): string {
  return [
    given.length === 0 ? "nothing optional given" : `with ${given.join(", ")}`,
    ...(sort === null ? [] : [`by ${sort}`]),
    ...(backwards ? ["backwards"] : []),
    ...(behind === null
      ? []
      : [behind.includes("1") ? `behind a cursor with NULL (${behind})` : "behind a cursor"]),
  ].join(", ");
}
