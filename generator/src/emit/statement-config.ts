import { createHash } from "node:crypto";
import type { Query } from "../model/query.ts";
import type { ParamsCode } from "./params.ts";
import type { QueryNames, Writing } from "./writing.ts";

/** What is sent: the statement under its annotation, which names it in the server's logs and statistics. */
export const statementText = (query: Query): string =>
  `-- name: ${query.name} ${query.command}\n${query.sql}`;

export function signature(...parameters: string[]): string {
  return parameters.filter((p) => p !== "").join(", ");
}

/** Names of prepared statements: PostgreSQL cuts identifiers at 63 bytes. */
function statementName(query: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `${Buffer.from(query).subarray(0, 50).toString("latin1").replace(/[^\w]/g, "_")}_${hash}`;
}

/** The configuration as an object literal; `textCode` is the expression that gives `text`. */
export function configLiteral(
  { models, driver }: Writing,
  query: string,
  text: string,
  textCode: string,
  values: string,
  info: string,
): string {
  const named = models.context.options.emit_prepared_queries;
  const name = named ? `    name: ${JSON.stringify(statementName(query, text))},\n` : "";
  const spread = driver.spread === "" ? "" : `    ${driver.spread},\n`;
  return (
    `{\n${name}    text: ${textCode},\n    values: ${values},\n    rowMode: "array",\n` +
    `    types: codec.rawText,\n    query: ${info},\n${spread}  }`
  );
}

/** The function that makes a statement's configuration of its arguments. */
export function writeConfig(
  writing: Writing,
  query: Query,
  names: QueryNames,
  params: ParamsCode,
  hasArgs: boolean,
): string {
  const values = `[${params.values().join(", ")}]`;
  const literal = configLiteral(writing, query.name, statementText(query), names.text, values, names.info);
  const inputs = signature(hasArgs ? `args: ${names.args}` : "", writing.driver.parameter);
  return `function ${names.config}(${inputs}): codec.QueryConfig {\n  return ${literal};\n}\n`;
}
