import type { Query } from "../model/query.ts";
import type { Driver } from "./drivers/driver.ts";
import { docComment } from "./names.ts";
import type { QueryNames, Writing } from "./query-module.ts";
import { signature } from "./statement-config.ts";

/** The function that people call. */
export function writeFunction(
  { driver }: Writing,
  query: Query,
  names: QueryNames,
  hasArgs: boolean,
): string {
  const batch = query.command.startsWith(":batch");
  const args = batch
    ? `args: readonly ${hasArgs ? names.args : "Record<string, never>"}[]`
    : hasArgs
      ? `args: ${names.args}`
      : "";
  const head = (result: string): string =>
    `export async function ${names.fn}(${signature("client: Client", args, batch ? driver.batchParameter : driver.parameter)}): Promise<${result}> {\n`;
  const config = `${names.config}(${signature(hasArgs ? "args" : "", driver.argument)})`;
  const run = `client.query(${config})`;
  const one = "const row = result.rows[0];\n";
  const batched = (result: string, read: string): string => {
    const each = `${hasArgs ? "(one)" : "()"} => ${names.config}(${hasArgs ? "one" : ""})`;
    const inputs = signature("client", `args.map(${each})`, read, driver.argument);
    return `${head(`PromiseSettledResult<${result}>[]`)}  return codec.batch(${inputs});\n}\n`;
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

/** The same rows one by one. */
export function writeStream(driver: Driver, query: Query, names: QueryNames, hasArgs: boolean): string {
  const inputs = signature("client: Client", hasArgs ? `args: ${names.args}` : "", driver.parameter);
  const config = `${names.config}(${signature(hasArgs ? "args" : "", driver.argument)})`;
  return (
    `${docComment([...query.comments, "Row by row; ending the loop early ends the query."])}` +
    `export async function* ${names.stream}(${inputs}): AsyncIterableIterator<${names.row}> {\n` +
    `  for await (const row of client.stream(${config})) yield ${names.read}(row);\n}\n`
  );
}
