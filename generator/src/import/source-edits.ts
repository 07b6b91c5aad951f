import { dirname, posix } from "node:path";
import { ts } from "ts-morph";

export { ts };

/** A source file of the application, and what is to become of it. */
export class SourceEdits {
  readonly path: string;
  readonly text: string;
  readonly source: ts.SourceFile;
  readonly #edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  /** By module, what is to be imported from it. */
  readonly #imports = new Map<string, Set<string>>();

  /** @param path relative to the project, with forward slashes */
  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  /** The text of a node. */
  shown(node: ts.Node): string {
    return node.getText(this.source);
  }

  replace(node: ts.Node, text: string): void {
    this.#edits.push({ start: node.getStart(this.source), end: node.getEnd(), text });
  }

  /** Takes a statement away, with its line. */
  remove(node: ts.Node): void {
    const start = node.getStart(this.source);
    const rest = /[ \t]*\r?\n?/y;
    rest.lastIndex = node.getEnd();
    rest.test(this.text);
    this.#edits.push({ start, end: rest.lastIndex, text: "" });
  }

  import(module: string, name: string): void {
    this.#imports.set(module, (this.#imports.get(module) ?? new Set()).add(name));
  }

  /** Gives how a module of the project is named here, its ending as the file's other imports have it. */
  specifier(module: string): string {
    const path = posix.relative(posix.dirname(this.path), module);
    const ending = /from\s*["']\.{1,2}\/[^"']*?(\.[jt]s)?["']/.exec(this.text)?.[1] ?? "";
    return `${path.startsWith(".") ? path : `./${path}`}${ending}`;
  }

  get hasChanges(): boolean {
    return this.#edits.length > 0 || this.#imports.size > 0;
  }

  result(): string {
    let text = this.text;
    const inner = (one: { start: number; end: number }): boolean =>
      this.#edits.some((other) => other !== one && other.start <= one.start && one.end <= other.end);
    for (const edit of this.#edits.filter((one) => !inner(one)).sort((a, b) => b.start - a.start))
      text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    const lines = [...this.#imports].map(
      ([module, names]) => `import { ${[...names].sort().join(", ")} } from ${JSON.stringify(module)};\n`,
    );
    const directives = /^(?:#![^\n]*\n|\s*["']use \w+["'];?\n)*/.exec(text)![0].length;
    return text.slice(0, directives) + lines.join("") + text.slice(directives);
  }
}

/** Gives the file, without its ending, that a relative import leads to. */
export function moduleOf(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  return posix.join(dirname(from), specifier).replace(/\.[cm]?[jt]sx?$/, "");
}

/** Gives every node below one, itself first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Counts how often a name stands in a file, where it is declared and imported too. */
export function usesOf({ source }: SourceEdits, name: string): number {
  let uses = 0;
  for (const node of nodesOf(source)) if (ts.isIdentifier(node) && node.text === name) uses++;
  return uses;
}

/** Gives the named imports of a file. */
export function* importsOf({ source }: SourceEdits): Generator<{
  readonly declaration: ts.ImportDeclaration;
  readonly module: string;
  readonly names: readonly ts.ImportSpecifier[];
}> {
  for (const declaration of source.statements) {
    if (!ts.isImportDeclaration(declaration) || !ts.isStringLiteral(declaration.moduleSpecifier)) continue;
    const bindings = declaration.importClause?.namedBindings;
    const names = bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
    yield { declaration, module: declaration.moduleSpecifier.text, names };
  }
}

/** Leaves the names out of an import, and all of it where none is left. */
export function withoutNames(
  edits: SourceEdits,
  declaration: ts.ImportDeclaration,
  gone: ReadonlySet<ts.ImportSpecifier>,
): void {
  if (gone.size === 0) return;
  const clause = declaration.importClause!;
  const bindings = clause.namedBindings as ts.NamedImports;
  const left = bindings.elements.filter((one) => !gone.has(one));
  if (left.length > 0) edits.replace(bindings, `{ ${left.map((one) => edits.shown(one)).join(", ")} }`);
  else if (clause.name !== undefined) edits.replace(clause, edits.shown(clause.name));
  else edits.remove(declaration);
}
