import { createHash } from "node:crypto";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Query } from "../model/query.ts";
import { copyColumns, copyStatement } from "./copy.ts";
import type { Driver } from "./drivers/driver.ts";
import { drivers } from "./drivers/drivers.ts";
import { Imports } from "./imports.ts";
import type { Models } from "./models.ts";
import { docComment, stringLiteral } from "./names.ts";
import { type ParamsCode, paramsCode } from "./params.ts";
import { Constants, rowCode } from "./rows.ts";

/** The names that one query's code declares; all unique in the query set. */
export interface QueryNames {
  readonly fn: string;
  readonly text: string;
  readonly args: string;
  readonly row: string;
  readonly stream: string;
  readonly info: string;
  readonly config: string;
  readonly read: string;
}

interface Writing {
  readonly models: Models;
  readonly driver: Driver;
  readonly imports: Imports;
  readonly constants: Constants;
  readonly diagnostics: Diagnostic[];
}

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
  const body = queries.map(([query, names]) => writeQuery(writing, query, names)).join("\n");
  const whole = [constants.write(), body].filter((t) => t !== "").join("\n");
  for (const name of driver.types) {
    imports.name({ name, from: driver.clientModule ?? imports.local("codec"), value: false });
  }
  if (/\bcodec\./.test(whole)) imports.useCodec();
  return `${imports.write(whole)}${whole}`;
}

const RETURNS_ROWS = new Set([":one", ":many", ":batchone", ":batchmany"]);

function writeQuery(writing: Writing, query: Query, names: QueryNames): string {
  const { models, imports, constants } = writing;
  const params = paramsCode(models.context, query, imports, constants);
  const hasArgs = params.members !== "";
  const parts = [
    `export const ${names.text} = ${stringLiteral(`-- name: ${query.name} ${query.command}\n${query.sql}`)};\n`,
  ];
  if (hasArgs) parts.push(`export interface ${names.args} {\n${params.members}}\n`);
  if (RETURNS_ROWS.has(query.command)) {
    const row = rowCode(models, query, imports, constants);
    if (row.model !== null) parts.push(`export type ${names.row} = ${row.model.name};\n`);
    else if (row.members === "") parts.push(`export type ${names.row} = Record<string, never>;\n`);
    else parts.push(`export interface ${names.row} {\n${row.members}}\n`);
    const unused = row.expression.includes("row[") ? "row" : "_row";
    parts.push(
      `function ${names.read}(${unused}: codec.RawRow): ${names.row} {\n  return ${row.expression};\n}\n`,
    );
  }
  parts.push(writeInfo(query, names));
  if (query.command === ":copyfrom") {
    const copy = writeCopy(writing, query, names, params);
    return copy === null ? "" : [...parts, copy].join("\n");
  }
  parts.push(writeConfig(writing, query, names, params, hasArgs));
  parts.push(docComment(query.comments) + writeFunction(writing, query, names, hasArgs));
  if (query.command === ":many" && writing.driver.streams) {
    parts.push(writeStream(writing.driver, query, names, hasArgs));
  }
  return parts.join("\n");
}

function writeInfo(query: Query, names: QueryNames): string {
  const { relations } = query;
  const collection = relations.length === 1 ? `  collection: ${JSON.stringify(relations[0])},\n` : "";
  return (
    `const ${names.info}: codec.QueryInfo = {\n  name: ${JSON.stringify(query.name)},\n` +
    `  command: ${JSON.stringify(query.command)},\n` +
    `  operation: ${JSON.stringify(query.statement.toUpperCase())},\n` +
    `  relations: [${relations.map((r) => JSON.stringify(r)).join(", ")}],\n${collection}};\n`
  );
}

/** Names of prepared statements: PostgreSQL cuts identifiers at 63 bytes. */
function statementName(query: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `${Buffer.from(query).subarray(0, 50).toString("latin1").replace(/[^\w]/g, "_")}_${hash}`;
}

function configLiteral(
  writing: Writing,
  query: string,
  text: string,
  textCode: string,
  values: string,
  info: string,
): string {
  const prepared = writing.models.context.options.emit_prepared_queries;
  const name = prepared ? `    name: ${JSON.stringify(statementName(query, text))},\n` : "";
  const spread = writing.driver.spread === "" ? "" : `    ${writing.driver.spread},\n`;
  return (
    `{\n${name}    text: ${textCode},\n    values: ${values},\n    rowMode: "array",\n` +
    `    types: codec.rawText,\n    query: ${info},\n${spread}  }`
  );
}

function signature(...parameters: string[]): string {
  return parameters.filter((p) => p !== "").join(", ");
}

function writeConfig(
  writing: Writing,
  query: Query,
  names: QueryNames,
  params: ParamsCode,
  hasArgs: boolean,
): string {
  const text = `-- name: ${query.name} ${query.command}\n${query.sql}`;
  const literal = configLiteral(
    writing,
    query.name,
    text,
    names.text,
    `[${params.values().join(", ")}]`,
    names.info,
  );
  const inputs = signature(hasArgs ? `args: ${names.args}` : "", writing.driver.parameter);
  return `function ${names.config}(${inputs}): codec.QueryConfig {\n  return ${literal};\n}\n`;
}

function writeFunction({ driver }: Writing, query: Query, names: QueryNames, hasArgs: boolean): string {
  const batch = query.command.startsWith(":batch");
  const args = batch
    ? `args: readonly ${hasArgs ? names.args : "Record<string, never>"}[]`
    : hasArgs
      ? `args: ${names.args}`
      : "";
  const head = (result: string): string =>
    `export async function ${names.fn}(${signature("client: Client", args, driver.parameter)}): Promise<${result}> {\n`;
  const config = `${names.config}(${signature(hasArgs ? "args" : "", driver.argument)})`;
  const run = `client.query(${config})`;
  const one = "const row = result.rows[0];\n";
  const batched = (result: string, read: string): string => {
    const each = `${hasArgs ? "(one)" : "()"} => ${names.config}(${signature(hasArgs ? "one" : "", driver.argument)})`;
    return `${head(`PromiseSettledResult<${result}>[]`)}  return codec.batch(client, args.map(${each}), ${read});\n}\n`;
  };
  switch (query.command) {
    case ":one":
      return `${head(`${names.row} | null`)}  const result = await ${run};\n  ${one}  return row === undefined ? null : ${names.read}(row);\n}\n`;
    case ":many":
      return `${head(`${names.row}[]`)}  const result = await ${run};\n  return result.rows.map(${names.read});\n}\n`;
    case ":execrows":
      return `${head("number")}  const result = await ${run};\n  return result.rowCount ?? 0;\n}\n`;
    case ":execresult":
      return `${head("codec.ExecResult")}  const result = await ${run};\n  return { rowCount: result.rowCount ?? 0, command: result.command };\n}\n`;
    case ":batchexec":
      return batched("void", "() => undefined");
    case ":batchone":
      return batched(
        `${names.row} | null`,
        `(result) => {\n    ${one}    return row === undefined ? null : ${names.read}(row);\n  }`,
      );
    case ":batchmany":
      return batched(`${names.row}[]`, `(result) => result.rows.map(${names.read})`);
    default:
      return `${head("void")}  await ${run};\n}\n`;
  }
}

function writeStream(driver: Driver, query: Query, names: QueryNames, hasArgs: boolean): string {
  const inputs = signature("client: Client", hasArgs ? `args: ${names.args}` : "", driver.parameter);
  const config = `${names.config}(${signature(hasArgs ? "args" : "", driver.argument)})`;
  return (
    `${docComment([...query.comments, "Row by row; ending the loop early ends the query."])}` +
    `export async function* ${names.stream}(${inputs}): AsyncIterableIterator<${names.row}> {\n` +
    `  for await (const row of client.stream(${config})) yield ${names.read}(row);\n}\n`
  );
}

function writeCopy(writing: Writing, query: Query, names: QueryNames, params: ParamsCode): string | null {
  const target = query.insert;
  const columns = target === null ? null : copyColumns(query, target);
  if (target === null || columns === null || columns.length === 0) {
    writing.diagnostics.push({
      code: "copyfrom-unsupported",
      severity: "error",
      message: `${query.name}: :copyfrom needs an INSERT whose values are bare parameters, one per column`,
      hint: "Write `insert into t (a, b) values ($1, $2)`, or use :batchexec.",
      span: query.span,
    });
    return null;
  }
  const text = copyStatement(writing.models.context.catalog, query, target, columns);
  const values = "columns.map((values) => arrayOfText.encode(values))";
  const literal = configLiteral(writing, query.name, text, stringLiteral(text), values, names.info);
  const rows = `Iterable<${names.args}> | AsyncIterable<${names.args}>`;
  const inputs = signature("client: Client", `args: ${rows}`, writing.driver.parameter);
  const spread = writing.driver.spread === "" ? "" : `      ${writing.driver.spread},\n`;
  return (
    `function ${names.config}(${signature("columns: (string | null)[][]", writing.driver.parameter)}): codec.QueryConfig {\n` +
    `  return ${literal.replace("arrayOfText", writing.constants.name("codec.array(codec.text)"))};\n}\n\n` +
    `${docComment(query.comments)}export async function ${names.fn}(${inputs}): Promise<number> {\n` +
    `  return codec.copy(\n    client,\n    {\n      schema: ${JSON.stringify(target.schema)},\n` +
    `      table: ${JSON.stringify(target.table)},\n` +
    `      columns: [${columns.map((c) => JSON.stringify(c)).join(", ")}],\n` +
    `      rows: codec.mapRows(args, (args: ${names.args}) => [${params.texts().join(", ")}]),\n` +
    `      query: ${names.info},\n${spread}    },\n` +
    `    (columns) => ${names.config}(${signature("columns", writing.driver.argument)}),\n  );\n}\n`
  );
}
