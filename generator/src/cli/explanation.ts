import { styleText } from "node:util";
import { placeLines } from "../diagnostics/pretty.ts";
import type { SourceTexts } from "../diagnostics/source-texts.ts";
import { describeParamReason } from "../model/param-reason.ts";
import type { Query } from "../model/query.ts";
import { describeStep, type Reason, stepsOf } from "../model/reason.ts";
import { describeRowCount, describeRowReason, type RowCount } from "../model/row-count.ts";
import type { Deciding } from "../model/sql.ts";
import { wordEnd } from "../sql/words.ts";
import { variantOf } from "./analysis-document.ts";
import { describeVariant } from "./analysis-table.ts";
import type { TypeNames } from "./pipeline.ts";

export interface ExplanationOptions {
  readonly color: boolean;
  readonly names: TypeNames;
  readonly sources: SourceTexts;
}

/** A sentence, and where what it is about stands in the query's file. */
interface Step {
  readonly sentence: string;
  readonly at?: number | undefined;
}

/** Renders what was found out about a query, and why, for people: how many rows, then each column and parameter. */
export function renderExplanation(query: Query, { color, names, sources }: ExplanationOptions): string {
  const bold = (text: string): string => (color ? styleText("bold", text) : text);
  const dim = (text: string): string => (color ? styleText("dim", text) : text);
  const steps = (list: readonly Step[]): string[] =>
    list.flatMap(({ sentence, at }, i) => [
      `    ${i === 0 ? "" : "since "}${sentence}`,
      ...(at === undefined ? [] : placeLines(placed(query, at, sources), sources, color).map(indented)),
    ]);
  const block = (title: string, types: string, list: readonly Step[]): string[] => [
    "",
    `  ${bold(title)}  ${dim(types)}`,
    ...steps(list),
  ];
  const list = (because: Reason): Step[] =>
    stepsOf(because).map((one) => ({ sentence: describeStep(one), at: one.at }));
  const rowReasons = ({ because }: RowCount): string[] =>
    [because.atLeastOne, because.atMostOne].flatMap((one) =>
      steps([{ sentence: describeRowReason(one), at: one.at }]),
    );
  const out = [
    `${bold(query.name)} ${query.command}  ${dim(`${query.span.file}:${query.line}`)}`,
    ...block("rows", describeRowCount(query.rows), []),
    ...rowReasons(query.rows),
  ];
  for (const column of query.columns) {
    const types = `${nullness(column.display, column.nullable)}  ${names.column(column, query)}`;
    out.push(...block(column.name, types, list(column.because)));
    if (column.elementsBecause)
      out.push(
        ...block(
          `${column.name}[]`,
          column.elementsNullable ? "null" : "not null",
          list(column.elementsBecause),
        ),
      );
  }
  for (const param of query.params) {
    const { name, nullable } = param.because;
    const types = `${nullness(param.display, param.nullable)}  ${names.param(param, query)}`;
    out.push(
      ...block(`$${param.number} ${param.name}`, types, []),
      ...steps([{ sentence: describeParamReason(name), at: name.at === nullable.at ? undefined : name.at }]),
      ...steps([{ sentence: describeParamReason(nullable), at: nullable.at }]),
      ...steps(decisionOf(query, param.number)),
    );
  }
  const { variants, isComplete } = query.sql;
  if (variants.length > 0)
    out.push(
      ...block(
        "variants",
        isComplete ? `${variants.length}, which are all` : `${variants.length}, which stand for all`,
        [],
      ),
    );
  for (const variant of variants) {
    const { notNull = [], rows = null } = variant.known ?? {};
    out.push("", `    ${bold(describeVariant(variantOf(variant, query)))}`);
    out.push(...variant.text.split("\n").map((line) => `      ${dim(line)}`.trimEnd()));
    const inside: string[] = [];
    if (rows !== null) inside.push(...block("rows", describeRowCount(rows), []), ...rowReasons(rows));
    for (const { column, because } of notNull)
      inside.push(...block(query.columns[column]!.name, "not null", list(because)));
    out.push(...inside.filter((line) => line !== "").map((line) => `    ${line}`));
  }
  return `${out.join("\n")}\n`;
}

/** Says what the parameter decides of the statement that is sent. */
function decisionOf({ sql }: Query, number: number): Step[] {
  const by = new Set(sql.deciding.filter((one) => one.number === number).map((one) => one.by));
  return [...by].map((one) => ({ sentence: DECISIONS[one] }));
}

const DECISIONS: Readonly<Record<Deciding["by"], string>> = {
  absence: "it may be left out, and what mentions it with it",
  null: "with NULL its condition is left out",
  value: "CASE is decided by it before the statement is sent",
};

function nullness(type: string, nullable: boolean): string {
  return `${type}, ${nullable ? "null" : "not null"}`;
}

const indented = (line: string): string => `      ${line}`.trimEnd();

/** The word, or the operator, that begins there. */
function placed({ span }: Query, at: number, sources: SourceTexts) {
  const text = sources.lines(span.file)?.text ?? "";
  return { file: span.file, start: at, end: Math.max(at + 1, wordEnd(text, at)) };
}
