import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Node, Project, type SourceFile, type Diagnostic as TsDiagnostic, ts } from "ts-morph";
import { addGenerated } from "./surface.ts";

export interface GeneratedFile {
  readonly path: string;
  readonly contents: string;
}

/** A place in the application. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface Use extends Place {
  readonly name: string;
}

export interface CompileError extends Place {
  readonly message: string;
}

/** An application's TypeScript project, with generated code in place of what it has on disk. */
export class Application {
  readonly #project: Project;
  readonly #out: string;

  /**
   * @param tsconfig absolute
   * @param out the absolute folder of the generated code; what imports its package is led there
   */
  constructor(tsconfig: string, out: string) {
    const client = packageOf(out);
    const paths = client === null ? {} : { [client]: [join(out, "index.ts")] };
    const probe = new Project({ tsConfigFilePath: tsconfig, skipAddingFilesFromTsConfig: true });
    const own = probe.getCompilerOptions().paths ?? {};
    this.#out = out;
    this.#project = new Project({
      tsConfigFilePath: tsconfig,
      compilerOptions: {
        paths: { ...own, ...paths },
        noEmit: true,
        skipLibCheck: true,
        composite: false,
        incremental: false,
      },
    });
  }

  /** Takes this version of the generated code instead of any other. */
  use(files: readonly GeneratedFile[]): SourceFile[] {
    const wanted = new Set(files.map((file) => resolve(this.#out, file.path)));
    for (const file of this.#project.getSourceFiles()) {
      if (this.#isGenerated(file) && !wanted.has(resolve(file.getFilePath()))) file.forget();
    }
    return addGenerated(this.#project, this.#out, files);
  }

  /** Where the application uses one of the names, imports left out: with the code that `use` has put in place. */
  uses(names: ReadonlySet<string>): Use[] {
    const found: Use[] = [];
    for (const file of this.#own()) {
      file.forEachDescendant((node) => {
        if (!Node.isIdentifier(node) || !names.has(node.getText())) return;
        if (node.getFirstAncestorByKind(ts.SyntaxKind.ImportDeclaration) || !this.#isOfClient(node)) return;
        found.push({
          name: node.getText(),
          file: file.getFilePath(),
          start: node.getStart(),
          end: node.getEnd(),
        });
      });
    }
    return found;
  }

  /** What does not compile outside of the generated code. */
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
    return resolve(file.getFilePath()).startsWith(`${this.#out}/`);
  }

  /** Whether the identifier means something that the generated code declares. */
  #isOfClient(node: Node): boolean {
    const symbol = node.getSymbol();
    const target = symbol?.getAliasedSymbol() ?? symbol;
    return target?.getDeclarations().some((d) => this.#isGenerated(d.getSourceFile())) ?? false;
  }
}

function messageOf(diagnostic: TsDiagnostic): string {
  return `TS${diagnostic.getCode()}: ${ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, "\n")}`;
}

/** The name of the package that the folder belongs to, if it has one: what other packages import it by. */
function packageOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, "package.json");
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown };
      return typeof name === "string" ? name : null;
    }
    if (dirname(at) === at) return null;
  }
}
