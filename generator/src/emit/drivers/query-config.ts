import { type Copy, type Driver, listed, type Statement } from "./driver.ts";

// The form of statements that `pg` takes, and whoever takes what `pg` does.

/** Writes the function that makes a statement's configuration. @param spread what spreads the options into it, or "" */
export function writeConfig(statement: Statement, parameter: string, spread: string): string {
  return (
    `function ${statement.fn}(${listed(statement.input, parameter)}): codec.QueryConfig {\n${statement.preface}` +
    `  return {\n${statement.sent(statement.values("native"))}    rowMode: "array",\n    types: codec.rawText,\n` +
    `${statement.described}${spread === "" ? "" : `    ${spread},\n`}  };\n}\n`
  );
}

/** Writes the call of that function. */
export function configOf({ fn, input }: Statement, argument: string): string {
  return `${fn}(${listed(input === "" ? "" : "args", argument)})`;
}

/** Writes the configurations of all `args`. */
export function configsOf({ fn, input }: Statement): string {
  return input === "" ? `args.map(() => ${fn}())` : `args.map((one) => ${fn}(one))`;
}

/** Writes what is copied. @param indent the spaces in front of each member */
export function copyConfig(
  { schema, table, columns, args, texts, info }: Copy,
  spread: string,
  indent: string,
): string {
  const members = [
    `schema: ${JSON.stringify(schema)}`,
    `table: ${JSON.stringify(table)}`,
    `columns: [${columns.map((column) => JSON.stringify(column)).join(", ")}]`,
    "rows: args",
    `encode: (args: ${args}) => ${texts}`,
    `query: ${info}`,
    ...(spread === "" ? [] : [spread]),
  ];
  return members.map((member) => `${indent}${member},\n`).join("");
}

/** What drivers have in common whose types stand in the generated codec module. */
export const OWN_TYPES = {
  clientModule: null,
  types: ["Client"],
  exported: ["Client", "ExecResult", "QueryConfig", "QueryInfo", "QueryResult"],
  errors: ["NoRowsError"],
  parameter: "",
  batchParameter: "",
  rows: (read) => `result.rows.map(${read})`,
  batch: (statement, read) => `codec.batch(client, ${configsOf(statement)}, ${read})`,
} as const satisfies Partial<Driver>;

/** Writes the call of the generated module's `copy`, which inserts arrays where there is no COPY. */
export function copyByInsert(
  copy: Copy,
  prepare: (statement: Statement) => string,
): { readonly declarations: string; readonly expression: string } {
  const insert = copy.insert();
  return {
    declarations: prepare(insert),
    expression: `codec.copy(\n    client,\n    {\n${copyConfig(copy, "", "      ")}    },\n    ${insert.fn},\n  )`,
  };
}
