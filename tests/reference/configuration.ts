/** What of JSON Schema the configuration's uses. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

/** The page of every option, from the JSON schema that editors complete by. */
export function configurationPage(schema: Schema): string {
  const [version2, version1] = schema.anyOf ?? [];
  const typescript = found(version2, "sql", "gen", "typescript");
  const vet = found(version2, "vet");
  const ci = found(version2, "ci");
  return `# Configuration

Every option of \`sqlc.yaml\`, \`sqlc.yml\`, \`sqlc.json\` or \`solitude-gen.yaml\`. Paths are relative to the file. \`vet\`, \`ci\` and TypeScript's options may stand under
\`options: { solitude-gen: { … } }\` too, where sqlc leaves them alone ([coming from sqlc](../coming-from-sqlc.md)).

## The file

${table(version2, "", new Set(["gen.typescript", "sql[].gen.typescript", "vet", "ci", "options"]))}
## \`gen.typescript\`

${table(typescript, "", new Set())}
## \`vet\`

${table(vet, "", new Set(["rules"]))}
Each rule that takes options says so on [its page](../rules/README.md).

## \`ci\`

${table(ci, "", new Set())}
## \`options.solitude-gen\`

${table(found(version2, "options", "solitude-gen"), "", new Set(["vet", "ci", "typescript"]))}
## Version 1

The file says \`version: "1"\` and has \`packages\` in place of \`sql\`:

${table(version1, "", new Set(["vet", "ci", "packages[].gen.typescript"]))}`;
}

/** The properties of an object, of a list's items, or of one of several forms. */
function properties(schema: Schema | undefined): Readonly<Record<string, Schema>> {
  if (schema === undefined) return {};
  if (schema.properties !== undefined) return schema.properties;
  if (schema.items !== undefined) return properties(schema.items);
  return Object.assign({}, ...(schema.anyOf ?? []).map(properties).reverse());
}

function found(schema: Schema | undefined, ...path: readonly string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((at, name) => properties(at)[name], schema);
}

function table(schema: Schema | undefined, prefix: string, elsewhere: ReadonlySet<string>): string {
  const rows = rowsOf(schema, prefix, elsewhere);
  return `| option | takes | default | what it does |\n| - | - | - | - |\n${rows.join("")}`;
}

function rowsOf(schema: Schema | undefined, prefix: string, elsewhere: ReadonlySet<string>): string[] {
  return Object.entries(properties(schema)).flatMap(([name, one]) => {
    const path = `${prefix}${name}`;
    const cells = [
      `\`${path}\``,
      takes(one),
      defaultOf(one),
      one.description ?? (elsewhere.has(path) ? "below" : ""),
    ];
    const row = `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ")).join(" | ")} |\n`;
    if (elsewhere.has(path)) return [row];
    const inner = isList(one) ? `${path}[].` : `${path}.`;
    return [row, ...rowsOf(one, inner, elsewhere)];
  });
}

const isList = (schema: Schema): boolean =>
  schema.type === "array" || (schema.anyOf ?? []).some(({ type }) => type === "array");

function takes(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(takes))].join(" or ");
  if (schema.type === "array")
    return `a list${schema.items === undefined ? "" : ` of ${takes(schema.items)}`}`;
  return (
    {
      string: "text",
      integer: "a number",
      number: "a number",
      boolean: "`true` or `false`",
      object: "a map",
    }[schema.type ?? ""] ?? "anything"
  );
}

function defaultOf({ default: value }: Schema): string {
  return value === undefined || (typeof value === "object" && Object.keys(value ?? {}).length === 0)
    ? ""
    : `\`${JSON.stringify(value)}\``;
}
