import { dirname } from "node:path";
import type { ts as Api, CompilerOptions, Diagnostic } from "ts-morph";
import type { CompileError, Paths } from "./model.ts";
import type { Overlay } from "./overlay.ts";

type PlainApi = typeof Api;

/** A TypeScript before 7, asked by the interface that its `require` gives; what is not generated is read once. */
export class PlainCompiler {
  readonly #ts: PlainApi;
  readonly #options: CompilerOptions;
  readonly #fileNames: readonly string[];
  readonly #read = new Map<string, Api.SourceFile>();

  constructor(ts: PlainApi, tsconfig: string, paths: Paths) {
    const { config } = ts.readConfigFile(tsconfig, ts.sys.readFile);
    const parsed = ts.parseJsonConfigFileContent(
      config ?? {},
      ts.sys,
      dirname(tsconfig),
      undefined,
      tsconfig,
    );
    this.#ts = ts;
    this.#fileNames = parsed.fileNames;
    this.#options = {
      ...parsed.options,
      paths: { ...parsed.options.paths, ...withLists(paths) },
      noEmit: true,
      skipLibCheck: true,
      composite: false,
      incremental: false,
    };
    delete this.#options.tsBuildInfoFile;
  }

  /** Gives what does not compile outside of the generated code. */
  errors(overlay: Overlay): CompileError[] {
    const ts = this.#ts;
    const options = this.#options;
    const host = ts.createCompilerHost(options);
    const { fileExists, readFile, directoryExists } = host;
    host.fileExists = (path) => {
      const text = overlay.read(path);
      return text === undefined ? fileExists(path) : text !== null;
    };
    host.readFile = (path) => {
      const text = overlay.read(path);
      return text === undefined ? readFile(path) : (text ?? undefined);
    };
    host.directoryExists = (path) => overlay.hasFolder(path) || (directoryExists?.(path) ?? true);
    const { getSourceFile } = host;
    host.getSourceFile = (path, ...rest) => {
      const known = this.#read.get(path);
      if (known !== undefined) return known;
      const file = getSourceFile(path, ...rest);
      if (file !== undefined && !overlay.isGenerated(path)) this.#read.set(path, file);
      return file;
    };
    const rootNames = this.#fileNames.filter((path) => !overlay.isGenerated(path));
    const program = ts.createProgram({ rootNames, options, host });
    const errors: CompileError[] = [];
    for (const file of program.getSourceFiles()) {
      if (file.isDeclarationFile || program.isSourceFileFromExternalLibrary(file)) continue;
      if (overlay.isGenerated(file.fileName)) continue;
      for (const found of ts.getPreEmitDiagnostics(program, file)) {
        if (found.category !== ts.DiagnosticCategory.Error || found.file !== file) continue;
        errors.push(toError(ts, file.fileName, found));
      }
    }
    return errors;
  }
}

function toError(ts: PlainApi, file: string, found: Diagnostic["compilerObject"]): CompileError {
  const start = found.start ?? 0;
  const text = ts.flattenDiagnosticMessageText(found.messageText, "\n");
  return { file, start, end: start + (found.length ?? 0), message: `TS${found.code}: ${text}` };
}

const withLists = (paths: Paths): Record<string, string[]> =>
  Object.fromEntries(Object.entries(paths).map(([name, list]) => [name, [...list]]));
