import type { Query } from "../model/query.ts";
import { type Driver, listed, type Statement } from "./drivers/driver.ts";
import { docComment } from "./names.ts";
import type { Signature } from "./overloads.ts";
import type { QueryNames } from "./writing.ts";

/** What is written for a query, and how its functions can be called beside in general; mostly in no other way. */
export interface Functions {
  readonly driver: Driver;
  readonly query: Query;
  readonly names: QueryNames;
  readonly statement: Statement;
  readonly signatures: readonly Signature[];
  /** Whether reading a row calls what is the application's: that is left to the caller's own turn, and its context. */
  readonly readsByOwn: boolean;
}

/** Gives a type that is made of the row's. */
type OfRow = (row: string) => string;

/** Tells how a function of the query is called, and what it sends. */
function parts({ driver, query, names, statement, signatures }: Functions) {
  const batch = query.command.startsWith(":batch");
  const hasArgs = statement.input !== "";
  const inputs = (type: string): string => {
    const args = batch
      ? `args: readonly ${hasArgs ? placed(type) : "Record<string, never>"}[]`
      : hasArgs
        ? `args: ${type}`
        : "";
    return listed("client: Client", args, batch ? driver.batchParameter : driver.parameter);
  };
  const head = (result: OfRow, name = names.fn, doc = docComment(query.comments)): string =>
    declared(
      doc,
      signatures.map(
        ({ args, row }) => `export function ${name}(${inputs(args)}): Promise<${result(placed(row))}>;\n`,
      ),
      `export async function ${name}(${inputs(names.args)}): Promise<${result(names.row)}> {\n`,
    );
  const batched = (result: OfRow, read: string, name?: string, doc?: string): string =>
    `${head((row) => `PromiseSettledResult<${result(row)}>[]`, name, doc)}  return ${driver.batch(statement, read)};\n}\n`;
  const promised = `${names.read}(codec.promisedRow(result, ${JSON.stringify(query.name)}))`;
  return { head, run: driver.execute(statement, ""), batched, promised };
}

/** The declarations of a function, each with its comment; what implements several is none that anybody sees. */
function declared(doc: string, signatures: readonly string[], implementation: string): string {
  if (signatures.length === 0) return doc + implementation;
  return signatures.map((signature) => doc + signature).join("") + implementation;
}

/** A type as it stands in front of `[]` or beside another. */
function placed(row: string): string {
  return row.includes(" ") ? `(${row})` : row;
}

const itself: OfRow = (row) => row;
const orNull: OfRow = (row) => `${row} | null`;
const list: OfRow = (row) => `${row}[]`;

/** Writes the function that people call. */
export function writeFunction(
  functions: Functions,
  page: { readonly call: string; readonly size: string } | null,
): string {
  const { driver, query, names, statement } = functions;
  const { head, run, batched, promised } = parts(functions);
  const one = "const row = result.rows[0];\n";
  switch (query.command) {
    case ":one":
      return query.rows.atLeastOne
        ? `${head(itself)}  const result = await ${run};\n  return ${promised};\n}\n`
        : `${head(orNull)}  const result = await ${run};\n  ${one}  return row === undefined ? null : ${names.read}(row);\n}\n`;
    case ":many":
      if (page !== null)
        return (
          `${head((row) => `codec.Page<${row}, ${names.cursor}>`)}  const result = await ${run};\n` +
          `  return ${page.call}.read(result.rows, ${names.read}, ${page.size});\n}\n`
        );
      return (
        `${head(list)}  const result = await ${driver.execute(statement, functions.readsByOwn ? "" : names.read)};\n` +
        `  return ${driver.rows(names.read)};\n}\n`
      );
    case ":execrows":
      return `${head(() => "number")}  const result = await ${run};\n  return result.rowCount ?? 0;\n}\n`;
    case ":execresult":
      return `${head(() => "codec.ExecResult")}  const result = await ${run};\n  return { rowCount: result.rowCount ?? 0, command: result.command };\n}\n`;
    case ":batchexec":
      return batched(() => "void", "() => undefined");
    case ":batchone":
      return query.rows.atLeastOne
        ? batched(itself, `(result) => ${promised}`)
        : batched(
            orNull,
            `(result) => {\n    ${one}    return row === undefined ? null : ${names.read}(row);\n  }`,
          );
    case ":batchmany":
      return batched(list, `(result) => result.rows.map(${names.read})`);
    default:
      return `${head(() => "void")}  await ${run};\n}\n`;
  }
}

/** Writes the same for who knows that the row is there. */
export function writeOrThrow(functions: Functions, name: string): string {
  const { query } = functions;
  const { head, run, batched, promised } = parts(functions);
  const doc = (line: string): string => docComment([...query.comments, line]);
  if (query.command === ":batchone")
    return batched(
      itself,
      `(result) => ${promised}`,
      name,
      doc("Where no row comes, it is rejected with a NoRowsError."),
    );
  const opening = head(itself, name, doc("@throws NoRowsError where no row comes"));
  return `${opening}  const result = await ${run};\n  return ${promised};\n}\n`;
}

/** Writes the same with rows one by one; "" where the library has no such thing. */
export function writeStream({ driver, query, names, statement, signatures }: Functions): string {
  const rows = driver.stream(statement);
  if (rows === null) return "";
  const inputs = (args: string): string =>
    listed("client: Client", statement.input === "" ? "" : `args: ${args}`, driver.parameter);
  const opening = declared(
    docComment([...query.comments, "Row by row; ending the loop early ends the query."]),
    signatures.map(
      ({ args, row }) => `export function ${names.stream}(${inputs(args)}): AsyncIterableIterator<${row}>;\n`,
    ),
    `export async function* ${names.stream}(${inputs(names.args)}): AsyncIterableIterator<${names.row}> {\n`,
  );
  return `${opening}  for await (const row of ${rows}) yield ${names.read}(row);\n}\n`;
}
