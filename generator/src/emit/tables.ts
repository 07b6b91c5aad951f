import { Imports } from "./imports.ts";
import type { Models } from "./models.ts";
import { Namer, propertyKey } from "./names.ts";

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/**
 * Writes what factories of tests are made of: of each table its name and its columns, as properties, with what reads and writes
 * their values.
 */
export function writeTables({ context, byRelation }: Models): string {
  const imports = new Imports(context.options, false);
  const namer = new Namer();
  const tables: string[] = [];
  for (const { name, relation, fields } of byRelation.values()) {
    if (relation.kind !== "table" && relation.kind !== "partitioned table") continue;
    imports.useCodec();
    for (const { mapped } of fields) imports.add(mapped);
    const columns = fields.map(
      ({ property, sqlName, mapped }) =>
        `      [${JSON.stringify(property)}, ${JSON.stringify(sqlName)}, ${mapped.codec}],\n`,
    );
    tables.push(
      `  ${propertyKey(namer.take(lowerFirst(name)))}: {\n    schema: ${JSON.stringify(relation.schema)},\n` +
        `    table: ${JSON.stringify(relation.name)},\n    columns: [\n${columns.join("")}    ],\n  } as Table<models.${name}>,\n`,
    );
  }
  const body = `/** A table, for \`createFactories\` of @solitude/runtime/testing. */
export interface Table<Row> {
  readonly schema: string;
  readonly table: string;
  /** The property, the column, and how its values are read and written. */
  readonly columns: readonly (readonly [string, string, { decode(text: string): unknown; encode(value: never): string }])[];
  /** Only a type. */
  readonly row?: Row;
}

/** The tables of the schema, by their models' names. */
export const tables = {
${tables.join("")}};
`;
  const models =
    tables.length === 0 ? "" : `import type * as models from ${JSON.stringify(imports.local("models"))};\n`;
  return `${models}${imports.write(body)}${body}`;
}
