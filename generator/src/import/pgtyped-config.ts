import { posix } from "node:path";
import { memberOf, nameOf, nodesOf, ts } from "./source-edits.ts";

/** What a configuration of pgtyped's says of the files and types that it generates. */
export interface PgtypedConfig {
  readonly path: string;
  /** Whether columns are camelCase in rows. */
  readonly isCamelCase: boolean;
  /** Whether types begin with `I`. */
  readonly isHungarian: boolean;
  /** How generated files are named, `{{dir}}/{{name}}.queries.ts`, of templates in `ts` or of files in `sql`. */
  readonly names: readonly { readonly mode: string; readonly template: string }[];
  /** By PostgreSQL's type, what is written in its place. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** Gives the first of the files that is a configuration of pgtyped's, in JSON or as a module; null where none is. */
export function readPgtypedConfig(files: ReadonlyMap<string, string>): PgtypedConfig | null {
  for (const [path, text] of files) {
    const code = path.endsWith("json") ? `(${text.replace(/^\uFEFF/, "")})` : text;
    const source = ts.createSourceFile("config.ts", code, ts.ScriptTarget.Latest, true);
    for (const node of nodesOf(source)) {
      if (!ts.isObjectLiteralExpression(node)) continue;
      const transforms = memberOf(node, "transforms");
      if (transforms === undefined || !ts.isArrayLiteralExpression(transforms)) continue;
      const overrides = memberOf(node, "typesOverrides");
      return {
        path,
        isCamelCase: memberOf(node, "camelCaseColumnNames")?.kind === ts.SyntaxKind.TrueKeyword,
        isHungarian: memberOf(node, "hungarianNotation")?.kind !== ts.SyntaxKind.FalseKeyword,
        names: transforms.elements.flatMap((one) => {
          if (!ts.isObjectLiteralExpression(one)) return [];
          const [mode, template] = ["mode", "emitTemplate"].map((name) => textOf(memberOf(one, name)));
          return mode == null || template == null ? [] : [{ mode, template }];
        }),
        overrides:
          overrides !== undefined && ts.isObjectLiteralExpression(overrides)
            ? new Map(overrides.properties.flatMap(overrideOf))
            : new Map(),
      };
    }
  }
  return null;
}

/** Gives the module, without its ending, that pgtyped generates for a file by such a name. */
export function generatedBy(template: string, file: string): string {
  const { dir, base, name, ext } = posix.parse(file);
  const values: Readonly<Record<string, string>> = { dir: dir === "" ? "." : dir, base, name, ext };
  const path = template.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, key: string) => values[key] ?? whole);
  return posix.normalize(path).replace(/\.ts$/, "");
}

/** `date: "string"`, or what is returned where that and what is given are of one type. */
function overrideOf(one: ts.ObjectLiteralElementLike): [string, string][] {
  if (!ts.isPropertyAssignment(one)) return [];
  const { initializer } = one;
  const given = ts.isObjectLiteralExpression(initializer)
    ? ["return", "parameter"].map((name) => textOf(memberOf(initializer, name)) ?? "")
    : [textOf(initializer) ?? ""];
  const written = [...new Set(given.filter((type) => type !== ""))];
  return [[nameOf(one.name), written.join(", ")]];
}

const textOf = (node: ts.Expression | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
