import type { Diagnostic } from "../model/diagnostic.ts";
import { GIVE_ROWS, type Query } from "../model/query.ts";
import { isAdaptive } from "../model/sql.ts";
import { writeCopyFunction } from "./copy-function.ts";
import { drivers } from "./drivers/drivers.ts";
import { Imports } from "./imports.ts";
import type { Models } from "./models.ts";
import { stringLiteral } from "./names.ts";
import { signaturesOf } from "./overloads.ts";
import { type ParamsCode, paramsCode } from "./params.ts";
import { writeFunction, writeOrThrow, writeStream } from "./query-function.ts";
import { Constants, type RowCode, rowCode } from "./rows.ts";
import { pageCall, statementOf, statementText, writePages, writeVariants } from "./statement.ts";
import type { QueryNames, Writing } from "./writing.ts";

/** One file of queries as one module, without its header. */
export function writeQueryModule(
  models: Models,
  queries: readonly (readonly [Query, QueryNames])[],
  diagnostics: Diagnostic[],
): string {
  const { options } = models.context;
  const driver = drivers[options.driver];
  const imports = new Imports(options, false);
  const constants = new Constants();
  const writing = { models, driver, imports, constants, diagnostics };
  const shared: SharedRows = new Map();
  const body = queries.map(([query, names]) => writeQuery(writing, query, names, shared)).join("\n");
  const whole = [constants.write(), body].filter((t) => t !== "").join("\n");
  for (const name of driver.types) {
    imports.name({ name, from: driver.clientModule ?? imports.local("codec"), value: false });
  }
  if (/\bcodec\./.test(whole)) imports.useCodec();
  return `${imports.write(whole)}${whole}`;
}

function writeQuery(writing: Writing, query: Query, names: QueryNames, shared: SharedRows): string {
  const { models, imports, constants } = writing;
  const params = paramsCode(models.context, query, imports, constants, names.cursor);
  const hasArgs = params.members !== "";
  const parts = [
    writePages(query, names, params),
    `export const ${names.text} = ${stringLiteral(statementText(query))};\n`,
  ];
  if (hasArgs) parts.push(argsType(names.args, params));
  const row = GIVE_ROWS.has(query.command) ? rowCode(models, query, imports, constants) : null;
  if (row) parts.push(...writeRow(row, names, shared));
  parts.push(writeInfo(query, names));
  if (query.command === ":copyfrom") {
    const copy = writeCopyFunction(writing, query, names, params);
    return copy === null ? "" : textOf([...parts, copy]);
  }
  const { driver } = writing;
  const page = query.sql.page === null ? null : { call: pageCall(names, params), size: params.ways.size };
  const statement = statementOf(writing, query, names, params, hasArgs);
  if (isAdaptive(query.sql)) parts.push(writeVariants(writing, query, names));
  parts.push(driver.prepare(statement));
  const signatures = row ? signaturesOf(models.context, query, names, row.properties) : [];
  const readsByOwn = row?.readsByOwn ?? false;
  const functions = { driver, query, names, statement, signatures, readsByOwn };
  parts.push(writeFunction(functions, page));
  if (names.orThrow !== null) parts.push(writeOrThrow(functions, names.orThrow));
  if (query.command === ":many" && page === null) parts.push(writeStream(functions));
  return textOf(parts);
}

/** The arguments' type: where an update sets nothing that is fixed, with one at least of what it can set. */
function argsType(name: string, { members, atLeastOneOf }: ParamsCode): string {
  if (atLeastOneOf.length === 0) return `export interface ${name} {\n${members}}\n`;
  const keys = atLeastOneOf.map((key) => JSON.stringify(key)).join(" | ");
  return `export type ${name} = codec.AtLeastOne<{\n${members}}, ${keys}>;\n`;
}

function textOf(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}

/** The names of a module's row types by their members. */
type SharedRows = Map<string, string>;

/** The row's type, which is another query's where that has the same, and the function that reads it. */
function writeRow(row: RowCode, names: QueryNames, shared: SharedRows): string[] {
  const same = row.model?.name ?? shared.get(row.members);
  if (same === undefined && row.members !== "") shared.set(row.members, names.row);
  const parameter = row.expression.includes("row[") ? "row" : "_row";
  return [
    same !== undefined
      ? `export type ${names.row} = ${same};\n`
      : row.members === ""
        ? `export type ${names.row} = Record<string, never>;\n`
        : `export interface ${names.row} {\n${row.members}}\n`,
    `function ${names.read}(${parameter}: codec.RawRow): ${names.row} {\n  return ${row.expression};\n}\n`,
  ];
}

function writeInfo(query: Query, names: QueryNames): string {
  const { relations } = query;
  const collection = relations.length === 1 ? `  collection: ${JSON.stringify(relations[0])},\n` : "";
  const params = [...query.params].sort((a, b) => a.number - b.number).map((p) => JSON.stringify(p.name));
  const parameters = params.length > 0 ? `  parameters: [${params.join(", ")}],\n` : "";
  return (
    `const ${names.info}: codec.QueryInfo = {\n  name: ${JSON.stringify(query.name)},\n` +
    `  command: ${JSON.stringify(query.command)},\n` +
    `  operation: ${JSON.stringify(query.statement.toUpperCase())},\n` +
    `  relations: [${relations.map((r) => JSON.stringify(r)).join(", ")}],\n${collection}${parameters}};\n`
  );
}
