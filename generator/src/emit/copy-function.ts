import type { Query } from "../model/query.ts";
import { copyColumns } from "./copy.ts";
import { listed } from "./drivers/driver.ts";
import { docComment } from "./names.ts";
import type { ParamsCode } from "./params.ts";
import { insertOf } from "./statement.ts";
import type { QueryNames, Writing } from "./writing.ts";

/** Writes the function of a `:copyfrom` query; null, and a diagnostic, where it inserts something else than rows of parameters. */
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
  const { declarations, expression } = driver.copy({
    schema: target.schema,
    table: target.table,
    columns,
    args: names.args,
    texts: `[${params.texts().join(", ")}]`,
    info: names.info,
    insert: () => insertOf(writing, query, names, target, columns),
  });
  return (
    `${declarations}${declarations === "" ? "" : "\n"}${docComment(query.comments)}` +
    `export async function ${names.fn}(${listed("client: Client", `args: ${rows}`, driver.parameter)}): Promise<number> {\n` +
    `  return ${expression};\n}\n`
  );
}
