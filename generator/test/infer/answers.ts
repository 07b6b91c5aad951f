import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Column, JsonShape, Param, Query, RecordParam } from "../../src/model/query.ts";
import { type Reason, stepsOf } from "../../src/model/reason.ts";
import type { RowReason } from "../../src/model/row-count.ts";

/** Expected answers of the analysis, in a file: everything that it says of each query. */
export interface Answers {
  /** The answer that is expected of the statement, beside the one that is given. */
  of(sql: string, query: Query): { readonly said: string; readonly expected: string };
  /** Where `UPDATE_EXPECTED=1` accepts what is said now: writes it. */
  close(): void;
}

export function expectedAnswers(file: string): Answers {
  const isUpdate = process.env.UPDATE_EXPECTED === "1";
  const blocks = existsSync(file) ? readFileSync(file, "utf8").split("\n\n") : [];
  const expected = new Map(
    blocks.map((block) => {
      const [sql = "", ...lines] = block.trimEnd().split("\n");
      return [sql, lines.join("\n")];
    }),
  );
  const now = new Map<string, string>();
  return {
    of(sql, query) {
      const key = sql.replace(/\s+/g, " ").trim();
      const said = saidOf(query).join("\n");
      now.set(key, said);
      return { said, expected: isUpdate ? said : (expected.get(key) ?? "nothing is expected of it") };
    },
    close() {
      if (isUpdate) writeFileSync(file, `${[...now].map(([sql, said]) => `${sql}\n${said}`).join("\n\n")}\n`);
    },
  };
}

function saidOf({
  columns,
  params,
  rows,
  privileges,
  relations,
  insert,
  embeds,
  statement,
}: Query): string[] {
  const { atLeastOne, atMostOne } = rows.because;
  return [
    ...columns.map((column) => `  ${column.name || '""'}: ${columnText(column)}`),
    ...params.map((param) => `  $${param.number}: ${paramText(param)}`),
    ...embeds.map((embed) => `  embed: ${JSON.stringify(embed)}`),
    `  rows: ${rows.atLeastOne ? "at least" : "not at least"} one (${step(atLeastOne)}), ${rows.atMostOne ? "at most" : "not at most"} one (${step(atMostOne)})`,
    `  needs: ${[statement, ...privileges.map((p) => ("table" in p ? `${p.kind} ${p.table}(${p.columns.join()})` : `${p.kind} ${p.object}`))].join("; ")}`,
    ...(insert ? [`  stores: ${insert.table}(${insert.columns.join()})`] : []),
    ...(relations.length > 0 ? [`  of: ${relations.join()}`] : []),
  ];
}

function columnText(column: Column): string {
  const { nullable, elementsNullable, elementsBecause, dimensions, origin, values, shape, because } = column;
  return [
    column.display + (nullable ? "?" : ""),
    ...(dimensions === null ? [] : [`[${dimensions}]`]),
    ...(elementsNullable && !elementsBecause
      ? []
      : [`elements${elementsNullable ? "?" : ""} (${elementsBecause ? steps(elementsBecause) : ""})`]),
    ...(origin ? [`= ${origin.table}.${origin.column}`] : []),
    ...(values ? [values.join("|")] : []),
    ...(shape ? [shapeText(shape)] : []),
    `(${steps(because)})`,
  ].join(" ");
}

function paramText({
  name,
  display,
  nullable,
  elementsNullable,
  origin,
  values,
  because,
  ...rest
}: Param): string {
  return [
    `${name} ${display}${nullable ? "?" : ""}`,
    ...(elementsNullable ? [] : ["elements"]),
    ...(rest.slice ? ["slice"] : []),
    ...(rest.countsRows ? ["counts"] : []),
    ...(rest.record ? [recordText(rest.record)] : []),
    ...(origin ? [`= ${origin.table}.${origin.column}`] : []),
    ...(values ? [values.join("|")] : []),
    `(${step(because.name)}; ${step(because.nullable)})`,
  ].join(" ");
}

function recordText({ isArray, fields }: RecordParam): string {
  const inside = fields.map(paramText).join(", ");
  return isArray ? `[{${inside}}]` : `{${inside}}`;
}

export function shapeText(shape: JsonShape): string {
  switch (shape.kind) {
    case "unknown":
      return "json";
    case "scalar":
      return `${shape.type}${shape.values ? `:${shape.values.join("|")}` : ""}`;
    case "null":
      return "null";
    case "array":
      return `[${shapeText(shape.element)}${shape.elementNullable ? "?" : ""}]`;
    case "tuple":
      return `(${shape.items.map((item) => `${shapeText(item.shape)}${item.nullable ? "?" : ""}`).join(", ")})`;
    case "map":
      return `{* ${shapeText(shape.value)}${shape.valueNullable ? "?" : ""}}`;
    case "union":
      return shape.members.map(shapeText).join(" | ") || "nothing";
    case "object":
      return `{${shape.fields.map((f) => `${f.name}${f.optional ? "-" : ""}${f.nullable ? "?" : ""} ${shapeText(f.shape)}`).join(", ")}}`;
  }
}

function steps(because: Reason): string {
  return stepsOf(because).map(step).join(" < ");
}

function step({ code, subject, at }: Reason | RowReason | Param["because"]["name"]): string {
  return code + (subject === undefined ? "" : ` ${subject}`) + (at === undefined ? "" : ` @${at}`);
}
