import type { Query } from "../model/query.ts";
import { type Driver, listed, type Statement } from "./drivers/driver.ts";
import { docComment } from "./names.ts";
import type { QueryNames } from "./writing.ts";

/** Tells how a function of the query is called, and what it sends. */
function parts(driver: Driver, query: Query, names: QueryNames, statement: Statement) {
  const batch = query.command.startsWith(":batch");
  const hasArgs = statement.input !== "";
  const args = batch
    ? `args: readonly ${hasArgs ? names.args : "Record<string, never>"}[]`
    : hasArgs
      ? `args: ${names.args}`
      : "";
  const inputs = listed("client: Client", args, batch ? driver.batchParameter : driver.parameter);
  const head = (result: string, name = names.fn): string =>
    `export async function ${name}(${inputs}): Promise<${result}> {\n`;
  const batched = (result: string, read: string, name = names.fn): string =>
    `${head(`PromiseSettledResult<${result}>[]`, name)}  return ${driver.batch(statement, read)};\n}\n`;
  const promised = `${names.read}(codec.promisedRow(result, ${JSON.stringify(query.name)}))`;
  return { head, run: driver.execute(statement), batched, promised };
}

/** Writes the function that people call. */
export function writeFunction(
  driver: Driver,
  query: Query,
  names: QueryNames,
  statement: Statement,
  page: { readonly call: string; readonly size: string } | null,
): string {
  const { head, run, batched, promised } = parts(driver, query, names, statement);
  const one = "const row = result.rows[0];\n";
  switch (query.command) {
    case ":one":
      return query.rows.atLeastOne
        ? `${head(names.row)}  const result = await ${run};\n  return ${promised};\n}\n`
        : `${head(`${names.row} | null`)}  const result = await ${run};\n  ${one}  return row === undefined ? null : ${names.read}(row);\n}\n`;
    case ":many":
      if (page !== null)
        return (
          `${head(`codec.Page<${names.row}, ${names.cursor}>`)}  const result = await ${run};\n` +
          `  return ${page.call}.read(result.rows, ${names.read}, ${page.size});\n}\n`
        );
      return `${head(`${names.row}[]`)}  const result = await ${run};\n  return result.rows.map(${names.read});\n}\n`;
    case ":execrows":
      return `${head("number")}  const result = await ${run};\n  return result.rowCount ?? 0;\n}\n`;
    case ":execresult":
      return `${head("codec.ExecResult")}  const result = await ${run};\n  return { rowCount: result.rowCount ?? 0, command: result.command };\n}\n`;
    case ":batchexec":
      return batched("void", "() => undefined");
    case ":batchone":
      return query.rows.atLeastOne
        ? batched(names.row, `(result) => ${promised}`)
        : batched(
            `${names.row} | null`,
            `(result) => {\n    ${one}    return row === undefined ? null : ${names.read}(row);\n  }`,
          );
    case ":batchmany":
      return batched(`${names.row}[]`, `(result) => result.rows.map(${names.read})`);
    default:
      return `${head("void")}  await ${run};\n}\n`;
  }
}

/** Writes the same for who knows that the row is there. */
export function writeOrThrow(
  driver: Driver,
  query: Query,
  names: QueryNames,
  name: string,
  statement: Statement,
): string {
  const { head, run, batched, promised } = parts(driver, query, names, statement);
  if (query.command === ":batchone")
    return (
      docComment([...query.comments, "Where no row comes, it is rejected with a NoRowsError."]) +
      batched(names.row, `(result) => ${promised}`, name)
    );
  return (
    docComment([...query.comments, "@throws NoRowsError where no row comes"]) +
    `${head(names.row, name)}  const result = await ${run};\n  return ${promised};\n}\n`
  );
}

/** Writes the same with rows one by one; "" where the library has no such thing. */
export function writeStream(driver: Driver, query: Query, names: QueryNames, statement: Statement): string {
  const rows = driver.stream(statement);
  if (rows === null) return "";
  return (
    `${docComment([...query.comments, "Row by row; ending the loop early ends the query."])}` +
    `export async function* ${names.stream}(${listed("client: Client", statement.input, driver.parameter)}): AsyncIterableIterator<${names.row}> {\n` +
    `  for await (const row of ${rows}) yield ${names.read}(row);\n}\n`
  );
}
