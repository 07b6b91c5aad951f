import { createHash } from "node:crypto";
import type { InsertTarget, Query } from "../model/query.ts";
import { copyStatement } from "./copy.ts";
import type { Statement } from "./drivers/driver.ts";
import { stringLiteral } from "./names.ts";
import type { ParamsCode } from "./params.ts";
import type { QueryNames, Writing } from "./writing.ts";

/** What is sent: the statement under its annotation, which names it in the server's logs and statistics. */
export const statementText = (query: Query): string =>
  `-- name: ${query.name} ${query.command}\n${query.sql}`;

/** Names of prepared statements: PostgreSQL cuts identifiers at 63 bytes. */
function statementName(query: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `${Buffer.from(query).subarray(0, 50).toString("latin1").replace(/[^\w]/g, "_")}_${hash}`;
}

/** Gives the statement of a query. */
export function statementOf(
  writing: Writing,
  query: Query,
  names: QueryNames,
  params: ParamsCode,
  hasArgs: boolean,
): Statement {
  return {
    fn: names.config,
    input: hasArgs ? `args: ${names.args}` : "",
    preface: "",
    values: (form) => `[${(form === "text" ? params.texts() : params.values()).join(", ")}]`,
    sent: (values) => sent(writing, query.name, statementText(query), names.text, values),
    described: described(names),
  };
}

/** Gives the statement that inserts arrays of texts, one for each column, where there is no COPY. */
export function insertOf(
  writing: Writing,
  query: Query,
  names: QueryNames,
  target: InsertTarget,
  columns: readonly string[],
): Statement {
  const text = copyStatement(writing.models.context.catalog, query, target, columns);
  return {
    fn: names.config,
    input: "columns: (string | null)[][]",
    preface: "",
    values: () => `columns.map(${writing.constants.name("codec.array(codec.text)")}.encode)`,
    sent: (values) => sent(writing, query.name, text, stringLiteral(text), values),
    described: described(names),
  };
}

/** @param textCode the expression that gives `text` */
function sent({ models }: Writing, query: string, text: string, textCode: string, values: string): string {
  const named = models.context.options.emit_prepared_queries;
  const name = named ? `    name: ${JSON.stringify(statementName(query, text))},\n` : "";
  return `${name}    text: ${textCode},\n    values: ${values},\n`;
}

const described = ({ info }: QueryNames): string => `    query: ${info},\n`;
