import { dirname, resolve, sep } from "node:path";
import {
  type Node,
  Project,
  type SourceFile,
  type Diagnostic as TsDiagnostic,
  type Symbol as TsSymbol,
  ts,
} from "ts-morph";
import { Keys } from "./keys.ts";
import type { CompileError, GeneratedFile, Paths, Use } from "./model.ts";
import { isImported, isOfModule, meaningOf, nameGivenTo } from "./names.ts";
import { RealPaths } from "./real-paths.ts";
import { addGenerated } from "./surface.ts";

/** An application's TypeScript project, with generated code in place of what it has on disk: where it uses what. */
export class Application {
  readonly #project: Project;
  readonly #out: string;
  readonly #paths = new RealPaths();

  /**
   * @param tsconfig absolute
   * @param out the real path of the folder of the generated code
   * @param paths that imports of its package are led by
   */
  constructor(tsconfig: string, out: string, paths: Paths) {
    const probe = new Project({ tsConfigFilePath: tsconfig, skipAddingFilesFromTsConfig: true });
    const own = probe.getCompilerOptions().paths ?? {};
    this.#out = out;
    this.#project = new Project({
      tsConfigFilePath: tsconfig,
      compilerOptions: {
        paths: {
          ...own,
          ...Object.fromEntries(Object.entries(paths).map(([name, list]) => [name, [...list]])),
        },
        noEmit: true,
        skipLibCheck: true,
        composite: false,
        incremental: false,
      },
    });
  }

  /** Takes this version of the generated code instead of any other. */
  use(files: readonly GeneratedFile[]): SourceFile[] {
    const texts = new Map(files.map((file) => [resolve(this.#out, file.path), file.contents]));
    for (const file of this.#project.getSourceFiles()) {
      if (!this.#isGenerated(file)) continue;
      const text = texts.get(this.#real(file));
      // What is forgotten would be read from disk again, where it may still stand: a file without a text is no module.
      if (text === undefined) file.replaceWithText("");
      // By way of a link to the folder.
      else if (resolve(file.getFilePath()) !== this.#real(file)) file.replaceWithText(text);
    }
    return addGenerated(this.#project, this.#out, files);
  }

  /**
   * Finds where the application uses one of the names, whatever it calls it, imports left out: with the code that `use` has put in place. The language
   * service follows other names, re-exports and destructuring from each declaration in the generated code.
   */
  uses(names: ReadonlySet<string>): Use[] {
    const found = new Map<string, Use>();
    const seen = new Set<string>();
    const language = this.#project.getLanguageService();
    const add = (node: Node, name: string): void => {
      const file = node.getSourceFile();
      if (this.#isGenerated(file) || file.isInNodeModules()) return;
      const at = `${file.getFilePath()}\0${node.getStart()}`;
      if (seen.has(`${at}\0${name}`)) return;
      seen.add(`${at}\0${name}`);
      // What is taken out of an object, or put into one, has a name of its own from there on.
      const given = nameGivenTo(node);
      if (given !== null) for (const other of language.findReferencesAsNodes(given)) add(other, name);
      if (isImported(node)) return;
      if (!found.has(at))
        found.set(at, { name, file: file.getFilePath(), start: node.getStart(), end: node.getEnd() });
    };
    // What a mapped type makes of the generated code (the facade's methods) has no declaration of its own to ask about.
    const isGenerated = (symbol: TsSymbol | undefined): boolean => this.#isGeneratedSymbol(symbol);
    const keys = new Keys(names, isGenerated, () => this.#exports());
    for (const file of this.#project.getSourceFiles()) {
      if (this.#isGenerated(file) || file.isInNodeModules()) continue;
      // To ask for all references of each name would go through all files for each.
      for (const node of file.getDescendantsOfKind(ts.SyntaxKind.Identifier))
        if (names.has(node.getText()) && isGenerated(meaningOf(node))) add(node, node.getText());
      if (file.isDeclarationFile()) continue;
      for (const { node, name } of keys.usedIn(file)) add(node, name);
    }
    return [...found.values()].sort((a, b) =>
      a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1,
    );
  }

  #isGeneratedSymbol(symbol: TsSymbol | undefined): boolean {
    const target = symbol?.getAliasedSymbol() ?? symbol;
    const declarations = target?.getDeclarations() ?? [];
    // A row's column may be called as a query is.
    return declarations.some((one) => isOfModule(one) && this.#isGenerated(one.getSourceFile()));
  }

  /** The names that the generated code exports. */
  #exports(): ReadonlySet<string> {
    const files = this.#project.getSourceFiles().filter((file) => this.#isGenerated(file));
    return new Set(files.flatMap((file) => file.getExportSymbols().map((symbol) => symbol.getName())));
  }

  /** Gives what does not compile outside of the generated code, as the TypeScript that we bring along has it. */
  errors(): CompileError[] {
    return this.#own().flatMap((file) =>
      file.getPreEmitDiagnostics().flatMap((diagnostic): CompileError[] => {
        const start = diagnostic.getStart();
        if (diagnostic.getCategory() !== ts.DiagnosticCategory.Error || start === undefined) return [];
        const end = start + (diagnostic.getLength() ?? 0);
        return [{ file: file.getFilePath(), start, end, message: messageOf(diagnostic) }];
      }),
    );
  }

  #own(): SourceFile[] {
    return this.#project
      .getSourceFiles()
      .filter((file) => !this.#isGenerated(file) && !file.isDeclarationFile() && !file.isInNodeModules());
  }

  #isGenerated(file: SourceFile): boolean {
    return this.#real(file).startsWith(`${this.#out}${sep}`);
  }

  #real(file: SourceFile): string {
    return this.#paths.of(file.getFilePath());
  }
}

/**
 * The projects that a `tsconfig.json` stands for: itself where it has files, and those that it refers to, each once. Absolute paths.
 */
export function projectsOf(tsconfig: string, seen = new Set<string>()): string[] {
  const path = resolve(tsconfig);
  if (seen.has(path)) return [];
  seen.add(path);
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { fileNames, projectReferences = [] } = ts.parseJsonConfigFileContent(
    config ?? {},
    ts.sys,
    dirname(path),
    undefined,
    path,
  );
  const others = projectReferences.flatMap((reference) =>
    projectsOf(ts.resolveProjectReferencePath(reference), seen),
  );
  return fileNames.length > 0 ? [path, ...others] : others;
}

function messageOf(diagnostic: TsDiagnostic): string {
  return `TS${diagnostic.getCode()}: ${ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, "\n")}`;
}
