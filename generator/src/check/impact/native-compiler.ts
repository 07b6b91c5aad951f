import { dirname, join, resolve } from "node:path";
import { ts } from "ts-morph";
import type { FileSystem } from "typescript/unstable/fs";
import type { API, Diagnostic } from "typescript/unstable/sync";
import type { CompileError, Paths } from "./model.ts";
import type { Overlay } from "./overlay.ts";

interface NativeApi {
  readonly API: typeof API;
}

/** DiagnosticCategory.Error */
const ERROR = 1;

/** Asks a TypeScript from 7 on, which compiles in a process of its own and reads through us what is not on disk. */
export function nativeErrors(
  { API: Api }: NativeApi,
  tsconfig: string,
  overlay: Overlay,
  paths: Paths,
): CompileError[] {
  const folder = dirname(tsconfig);
  // It takes no options but those of a file.
  const config = join(folder, "tsconfig.solitude-gen-impact.json");
  const text = JSON.stringify(configFor(tsconfig, overlay, paths));
  const fs: FileSystem = {
    readFile: (path) => (resolve(path) === config ? text : overlay.read(path)),
    fileExists: (path) => {
      if (resolve(path) === config) return true;
      const own = overlay.read(path);
      return own === undefined ? undefined : own !== null;
    },
    directoryExists: (path) => overlay.hasFolder(path) || undefined,
  };
  const api = new Api({ cwd: folder, fs });
  try {
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`TypeScript does not open ${tsconfig}`);
    const { program } = project;
    return program.getSourceFileNames().flatMap((file) => {
      if (/\.d\.[cm]?ts$|[\\/]node_modules[\\/]/.test(file) || overlay.isGenerated(file)) return [];
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      return found
        .filter(({ category }) => category === ERROR)
        .map((one) => ({ file, start: one.pos, end: one.end, message: `TS${one.code}: ${chain(one)}` }));
    });
  } finally {
    endQuietly(api);
    api.close();
  }
}

interface Child {
  kill(signal?: string): unknown;
}

/** Has the compiler's process end without a word: told to, it says on the terminal that it was, "context canceled". */
function endQuietly(api: API): void {
  const { client } = api as unknown as {
    readonly client?: { readonly channel?: { readonly child?: Child } };
  };
  const child = client?.channel?.child;
  if (child === undefined) return;
  const kill = child.kill.bind(child);
  child.kill = () => kill("SIGKILL");
}

/** The message with what explains it, each deeper. */
const chain = ({ text, messageChain = [] }: Diagnostic, depth = 0): string =>
  [`${"  ".repeat(depth)}${text}`, ...messageChain.map((one) => chain(one, depth + 1))].join("\n");

/** Gives what the configuration says, with its own paths as absolute ones: where they lead from depends on the file that has them. */
function configFor(tsconfig: string, overlay: Overlay, paths: Paths): object {
  const { config } = ts.readConfigFile(tsconfig, ts.sys.readFile);
  const parsed = ts.parseJsonConfigFileContent(config ?? {}, ts.sys, dirname(tsconfig), undefined, tsconfig);
  const { baseUrl, pathsBasePath } = parsed.options;
  const from = baseUrl ?? (typeof pathsBasePath === "string" ? pathsBasePath : dirname(tsconfig));
  const own = Object.entries(parsed.options.paths ?? {}).map(([name, list]) => [
    name,
    list.map((path) => resolve(from, path)),
  ]);
  return {
    extends: tsconfig,
    compilerOptions: {
      paths: { ...Object.fromEntries(own), ...paths },
      noEmit: true,
      skipLibCheck: true,
      composite: false,
      incremental: false,
      tsBuildInfoFile: null,
    },
    files: parsed.fileNames.filter((path) => !overlay.isGenerated(path)),
    include: [],
    references: [],
  };
}
