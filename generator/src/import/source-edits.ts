import { dirname, posix } from "node:path";
import { ts } from "ts-morph";
import { pascalCase } from "../emit/names.ts";

export { ts };

/** A source file of the application, and what is to become of it. */
export class SourceEdits {
  readonly path: string;
  readonly text: string;
  readonly source: ts.SourceFile;
  readonly #edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  /** By module, what is to be imported from it. */
  readonly #imports = new Map<string, Set<string>>();

  /** How the project's imports of its own modules end, where this file has none. */
  readonly #usualEnding: string;

  /** @param path relative to the project, with forward slashes */
  constructor(path: string, text: string, usualEnding = "") {
    this.path = path;
    this.#usualEnding = usualEnding;
    this.text = text;
    this.source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  #checker: ts.TypeChecker | undefined;

  /** Gives where what a name stands for is declared in the file; undefined where it is not. */
  declarationOf(name: ts.Identifier): ts.Declaration | undefined {
    this.#checker ??= checkerOf(this.source);
    const symbol = ts.isShorthandPropertyAssignment(name.parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(name.parent)
      : this.#checker.getSymbolAtLocation(name);
    return symbol?.declarations?.[0];
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

  /** Takes away what stands behind a node, to the end of another. */
  removeBetween(node: ts.Node, last: ts.Node): void {
    this.#edits.push({ start: node.getEnd(), end: last.getEnd(), text: "" });
  }

  import(module: string, name: string): void {
    this.#imports.set(module, (this.#imports.get(module) ?? new Set()).add(name));
  }

  /** Gives what an export of a module of the project is called here: another name where the file means something else by it. */
  nameOf(module: string, name: string): string {
    return this.#imported(module, name) ?? (usesOf(this, name) > 0 ? `pg${pascalCase(name)}` : name);
  }

  /** Imports an export of a module of the project by that name, where it is not imported yet. */
  importNamed(module: string, name: string): void {
    if (this.#imported(module, name) !== undefined) return;
    const local = this.nameOf(module, name);
    this.import(this.specifier(module), local === name ? name : `${name} as ${local}`);
  }

  #imported(module: string, name: string): string | undefined {
    const path = posix.join(module).replace(ENDING, "");
    for (const { module: from, names } of importsOf(this)) {
      if (moduleOf(this.path, from) !== path) continue;
      const known = names.find((one) => (one.propertyName ?? one.name).text === name);
      if (known !== undefined) return known.name.text;
    }
    return undefined;
  }

  /** Gives how a module of the project is named here, its ending as the file's other imports have it. */
  specifier(module: string): string {
    const path = posix.relative(posix.dirname(this.path), module);
    // Node reads `.mts` and `.cts` as what their names say, and asks for an ending.
    const ending =
      endingIn(this.text) ?? (/\.[cm]ts$/.test(this.path) ? this.#usualEnding || ".js" : this.#usualEnding);
    return `${path.startsWith(".") ? path : `./${path}`}${ending}`;
  }

  /** Gives the file as it is when all is done. */
  afterwards(): SourceEdits {
    return this.hasChanges ? new SourceEdits(this.path, this.result()) : this;
  }

  /** Gives the modules that the file takes something from when all is done. */
  *modulesLeft(): Generator<string> {
    const after = this.afterwards();
    for (const { module, names, declaration } of importsOf(after)) {
      const isBare = names.length === 0 && declaration.importClause !== undefined;
      if (names.length > 0 || isBare) yield module;
    }
    for (const { module } of wholeModulesOf(after)) yield module;
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
    const lineEnd = this.text.includes("\r\n") ? "\r\n" : "\n";
    const lines = [...this.#imports].map(
      ([module, names]) =>
        `import { ${[...names].sort().join(", ")} } from ${JSON.stringify(module)};${lineEnd}`,
    );
    const directives = /^(?:#![^\n]*\n|\s*["']use \w+["'];?\r?\n)*/.exec(text)![0].length;
    return text.slice(0, directives) + lines.join("") + text.slice(directives);
  }
}

/** Gives what TypeScript makes of the names of one file, without any other. */
function checkerOf(source: ts.SourceFile): ts.TypeChecker {
  const isIt = (name: string): boolean => name === source.fileName;
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (isIt(name) ? source : undefined),
    fileExists: isIt,
    readFile: () => undefined,
    writeFile: () => undefined,
    getDefaultLibFileName: () => "lib.d.ts",
    getCurrentDirectory: () => "",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
  };
  const options: ts.CompilerOptions = { noLib: true, noResolve: true, types: [] };
  return ts.createProgram({ rootNames: [source.fileName], options, host }).getTypeChecker();
}

/** Gives how a file's imports of the project's own modules end, "" where they have no ending; undefined where there are none. */
export function endingIn(text: string): string | undefined {
  const found = /from\s*["']\.{1,2}\/[^"']*?(\.[jt]s)?["']/.exec(text);
  return found === null ? undefined : (found[1] ?? "");
}

/** Gives the file, without its ending, that a relative import leads to. */
export function moduleOf(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  return posix.join(dirname(from), specifier).replace(ENDING, "");
}

const ENDING = /\.[cm]?[jt]sx?$/;

/** Gives a file's path as imports of the project's lead to it. */
export const withoutEnding = (path: string): string => path.replace(ENDING, "");

/** Gives every node below one, itself first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Gives what a literal object has by a name. */
export function memberOf(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  for (const one of object.properties) {
    if (one.name === undefined || nameOf(one.name) !== name) continue;
    if (ts.isPropertyAssignment(one)) return one.initializer;
    if (ts.isShorthandPropertyAssignment(one)) return one.name;
  }
  return undefined;
}

/** Gives a property's name, which may stand in quotes. */
export const nameOf = (name: ts.PropertyName): string =>
  ts.isStringLiteralLike(name) ? name.text : name.getText();

/** Counts how often a name stands in a file, where it is declared and imported too, or in a part of it. */
export function usesOf({ source }: SourceEdits, name: string, part: ts.Node = source): number {
  let uses = 0;
  for (const node of nodesOf(part)) if (ts.isIdentifier(node) && node.text === name) uses++;
  return uses;
}

/** Counts how often what is declared somewhere is used in a part of the file. */
export function referencesTo(edits: SourceEdits, declaration: ts.NamedDeclaration, part: ts.Node): number {
  const { name } = declaration;
  if (name === undefined || !ts.isIdentifier(name)) return 0;
  let uses = 0;
  for (const node of nodesOf(part))
    if (ts.isIdentifier(node) && node !== name && node.text === name.text)
      if (edits.declarationOf(node) === declaration) uses++;
  return uses;
}

/**
 * Says whether an expression is surely a client or pool itself. A parameter of another type, or of none, may be a transaction, which
 * what is called on it belongs to.
 * @param type the name of the client's own type
 */
export function isClient(edits: SourceEdits, on: ts.Expression, type: string): boolean {
  const isMember = ts.isPropertyAccessExpression(on) && on.expression.kind === ts.SyntaxKind.ThisKeyword;
  if (!isMember && !ts.isIdentifier(on)) return false;
  const name = edits.shown(isMember ? on.name : on);
  for (const node of nodesOf(edits.source)) {
    if (!(ts.isParameter(node) || ts.isPropertyDeclaration(node)) || edits.shown(node.name) !== name)
      continue;
    // A property that is made where it stands is what it was made as.
    if (ts.isPropertyDeclaration(node) && node.initializer !== undefined) continue;
    if (node.type === undefined || edits.shown(node.type) !== type) return false;
  }
  return true;
}

/** Says whether an expression is a module that is imported as a whole. */
export function isNamespace({ source }: SourceEdits, on: ts.Expression): boolean {
  return (
    ts.isIdentifier(on) &&
    source.statements.some((one) => {
      const bindings = ts.isImportDeclaration(one) ? one.importClause?.namedBindings : undefined;
      return bindings !== undefined && ts.isNamespaceImport(bindings) && bindings.name.text === on.text;
    })
  );
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

/** A place where a file takes another module as a whole, or hands it on. */
export interface WholeModule {
  readonly node: ts.Node;
  readonly module: string;
  /** What it hands on, as `[name there, name here]`; all of it where null; nothing is handed on where undefined. */
  readonly handedOn: readonly (readonly [string, string])[] | null | undefined;
}

/** Gives where a file imports a module in another way than by names: as a whole, by `require` or when it runs; and what it exports of others. */
export function* wholeModulesOf({ source }: SourceEdits): Generator<WholeModule> {
  for (const node of nodesOf(source)) {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const bindings = node.importClause?.namedBindings;
      if (bindings !== undefined && ts.isNamespaceImport(bindings))
        yield { node, module: node.moduleSpecifier.text, handedOn: undefined };
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      if (!ts.isStringLiteral(node.moduleSpecifier)) continue;
      const clause = node.exportClause;
      const handedOn =
        clause === undefined
          ? null
          : ts.isNamedExports(clause)
            ? clause.elements.map((one) => [(one.propertyName ?? one.name).text, one.name.text] as const)
            : undefined;
      yield { node, module: node.moduleSpecifier.text, handedOn };
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      const { expression } = node.moduleReference;
      if (ts.isStringLiteral(expression)) yield { node, module: expression.text, handedOn: undefined };
    } else if (ts.isCallExpression(node)) {
      const [module] = node.arguments;
      const isLoad =
        node.expression.kind === ts.SyntaxKind.ImportKeyword ||
        (ts.isIdentifier(node.expression) && node.expression.text === "require");
      if (isLoad && module !== undefined && ts.isStringLiteral(module))
        yield { node, module: module.text, handedOn: undefined };
    }
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
