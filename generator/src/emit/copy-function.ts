import type { InsertTarget, Query } from "../model/query.ts";
import { copyColumns, copyStatement } from "./copy.ts";
import { docComment, stringLiteral } from "./names.ts";
import type { ParamsCode } from "./params.ts";
import { configLiteral, signature } from "./statement-config.ts";
import type { QueryNames, Writing } from "./writing.ts";

/** The function of a `:copyfrom` query, or null and a diagnostic. */
export function writeCopyFunction(
  writing: Writing,
  query: Query,
  names: QueryNames,
  params: ParamsCode,
): string | null {
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
  const { driver } = writing;
  const rows = `Iterable<${names.args}> | AsyncIterable<${names.args}>`;
  const inputs = signature("client: Client", `args: ${rows}`, driver.parameter);
  const head = `${docComment(query.comments)}export async function ${names.fn}(${inputs}): Promise<number> {\n`;
  const config =
    `      schema: ${JSON.stringify(target.schema)},\n      table: ${JSON.stringify(target.table)},\n` +
    `      columns: [${columns.map((c) => JSON.stringify(c)).join(", ")}],\n      rows: args,\n` +
    `      encode: (args: ${names.args}) => [${params.texts().join(", ")}],\n` +
    `      query: ${names.info},\n${driver.spread === "" ? "" : `      ${driver.spread},\n`}`;
  if (driver.copies) {
    return `${head}  return client.copyRows({\n${config.replace(/^ {2}/gm, "")}  });\n}\n`;
  }
  return (
    writeInsertConfig(writing, query, names, target, columns) +
    `${head}  return codec.copy(\n    client,\n    {\n${config}    },\n    ${names.config},\n  );\n}\n`
  );
}

/** For clients without COPY: one statement that inserts arrays. */
function writeInsertConfig(
  writing: Writing,
  query: Query,
  names: QueryNames,
  target: InsertTarget,
  columns: readonly string[],
): string {
  const text = copyStatement(writing.models.context.catalog, query, target, columns);
  const values = `columns.map(${writing.constants.name("codec.array(codec.text)")}.encode)`;
  const literal = configLiteral(writing, query.name, text, stringLiteral(text), values, names.info);
  return `function ${names.config}(columns: (string | null)[][]): codec.QueryConfig {\n  return ${literal};\n}\n\n`;
}
