import type { Query } from "../model/query.ts";
import type { Driver } from "./drivers/driver.ts";
import { docComment } from "./names.ts";
import { signature } from "./statement-config.ts";
import type { QueryNames, Writing } from "./writing.ts";

/** How a function of the query is called, and what it sends. */
function parts({ driver }: Writing, query: Query, names: QueryNames, hasArgs: boolean) {
  const batch = query.command.startsWith(":batch");
  const args = batch
    ? `args: readonly ${hasArgs ? names.args : "Record<string, never>"}[]`
    : hasArgs
      ? `args: ${names.args}`
      : "";
  const inputs = signature("client: Client", args, batch ? driver.batchParameter : driver.parameter);
  const head = (result: string, name = names.fn): string =>
    `export async function ${name}(${inputs}): Promise<${result}> {\n`;
  const config = `${names.config}(${signature(hasArgs ? "args" : "", driver.argument)})`;
  const each = `${hasArgs ? "(one)" : "()"} => ${names.config}(${hasArgs ? "one" : ""})`;
  const batched = (result: string, read: string, name = names.fn): string => {
    const sent = signature("client", `args.map(${each})`, read, driver.argument);
    return `${head(`PromiseSettledResult<${result}>[]`, name)}  return codec.batch(${sent});\n}\n`;
  };
  const promised = `${names.read}(codec.promisedRow(result, ${JSON.stringify(query.name)}))`;
  return { head, run: `client.query(${config})`, batched, promised };
}

/** The function that people call. */
export function writeFunction(writing: Writing, query: Query, names: QueryNames, hasArgs: boolean): string {
  const { head, run, batched, promised } = parts(writing, query, names, hasArgs);
  const one = "const row = result.rows[0];\n";
  switch (query.command) {
    case ":one":
      return query.rows.atLeastOne
        ? `${head(names.row)}  const result = await ${run};\n  return ${promised};\n}\n`
        : `${head(`${names.row} | null`)}  const result = await ${run};\n  ${one}  return row === undefined ? null : ${names.read}(row);\n}\n`;
    case ":many":
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

/** The same for who knows that the row is there. */
export function writeOrThrow(
  writing: Writing,
  query: Query,
  names: QueryNames,
  name: string,
  hasArgs: boolean,
): string {
  const { head, run, batched, promised } = parts(writing, query, names, hasArgs);
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
