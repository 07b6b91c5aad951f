import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { type CompilerOptions, ts } from "ts-morph";
import type { Paths } from "./model.ts";

/**
 * Gives what leads imports of a package to what it is made from, where its `package.json` leads them to what was built: that knows the version alone
 * that it was built with, and may not be there. It is done for the package of the generated code, and for those that are linked beside the application.
 * @param tsconfig the application's project, absolute
 * @param out the absolute folder of the generated code
 */
export function pathsTo(tsconfig: string, out: string): Paths {
  const own = packageOf(out);
  const paths: Record<string, readonly string[]> = {};
  for (const folder of linkedPackages(dirname(tsconfig)))
    if (folder !== own?.folder) Object.assign(paths, sourcePaths(folder, out));
  if (own?.name === undefined) return paths;
  // A package of nothing else than generated code need not say what it exports.
  return { ...paths, [own.name]: [join(out, "index.ts")], ...sourcePaths(own.folder, out) };
}

interface Manifest {
  readonly name?: unknown;
  readonly exports?: unknown;
  readonly types?: unknown;
  readonly typings?: unknown;
  readonly main?: unknown;
}

/** The package that the folder belongs to; its name, if it has one, is what others import it by. */
function packageOf(folder: string): { readonly folder: string; readonly name: string | undefined } | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return { folder: at, name: nameOf(manifestOf(at)) };
    if (dirname(at) === at) return null;
  }
}

const nameOf = ({ name }: Manifest): string | undefined => (typeof name === "string" ? name : undefined);

function manifestOf(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return {};
  }
}

/** The folders of packages of the same workspace: links in `node_modules` that lead out of it. */
function linkedPackages(from: string): string[] {
  const found = new Set<string>();
  for (let at = from; ; at = dirname(at)) {
    const installed = join(at, "node_modules");
    for (const name of namesIn(installed)) {
      const scope = name.startsWith("@") ? namesIn(join(installed, name)).map((one) => join(name, one)) : [];
      for (const path of [name, ...scope].map((one) => join(installed, one))) {
        const target = linkedTo(path);
        if (target !== null && !target.split(sep).includes("node_modules")) found.add(target);
      }
    }
    if (dirname(at) === at) return [...found];
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkedTo(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? realpathSync(path) : null;
  } catch {
    return null;
  }
}

/** Gives what the entries of a package are made from, by the names that they are imported by. */
function sourcePaths(folder: string, out: string): Record<string, readonly string[]> {
  const manifest = manifestOf(folder);
  const name = nameOf(manifest);
  if (name === undefined) return {};
  const sources = new Sources(folder, out);
  const paths: Record<string, readonly string[]> = {};
  for (const [entry, targets] of entriesOf(manifest)) {
    // Its own names for its files are another project's to the application.
    const isLeft = sources.hasNames && targets.some((target) => existsSync(resolve(folder, target)));
    const source = isLeft && !isWithin(folder, out) ? null : sources.find(targets);
    if (source !== null) paths[entry === "." ? name : `${name}${entry.slice(1)}`] = [source];
  }
  return paths;
}

/** Gives what a package has others import, each with the files that it may lead to. */
function entriesOf({ exports, types, typings, main }: Manifest): [string, string[]][] {
  if (exports === undefined || exports === null)
    return [[".", [types, typings, main, "./index.js"].flatMap(targetsIn)]];
  const isByEntry =
    typeof exports === "object" &&
    !Array.isArray(exports) &&
    Object.keys(exports).every((key) => key.startsWith("."));
  if (!isByEntry) return [[".", targetsIn(exports)]];
  return Object.entries(exports).map(([entry, target]) => [entry, targetsIn(target)]);
}

/** The files in what `exports` has for an entry, be they under conditions or in lists. */
function targetsIn(target: unknown): string[] {
  if (typeof target === "string") return [target];
  return typeof target === "object" && target !== null ? Object.values(target).flatMap(targetsIn) : [];
}

const SOURCE = /(?<!\.d)\.[cm]?tsx?$/;
const BUILT = /(?:\.d)?\.([cm]?)[jt]sx?$/;
/** What projects call the folders of what they build, and of what they build it from, where no `tsconfig.json` says so. */
const BUILT_FOLDERS = ["dist", "lib", "build", "out"];

/** A package's files as they are written, by those that are made of them. */
class Sources {
  readonly #folder: string;
  readonly #out: string;
  /** Folders that are written into, with those that this is read from. */
  readonly #builds: readonly (readonly [to: string, from: string])[];
  /** Whether its files import each other by names that a `tsconfig.json` leads to them. */
  readonly hasNames: boolean;

  constructor(folder: string, out: string) {
    this.#folder = folder;
    this.#out = out;
    const projects = namesIn(folder)
      .filter((name) => /^tsconfig(?:\..+)?\.json$/.test(name))
      .map((name) => projectOf(join(folder, name)));
    this.hasNames = projects.some(({ options }) => Object.keys(options.paths ?? {}).length > 0);
    this.#builds = [
      ...projects.flatMap(buildsOf),
      ...BUILT_FOLDERS.flatMap((name) =>
        ["src", "."].map((from) => [join(folder, name), join(folder, from)] as const),
      ),
    ];
  }

  /** Finds what the first of these files is made from that is made from something; null where none is. */
  find(targets: readonly string[]): string | null {
    const paths = targets.map((target) => resolve(this.#folder, target));
    return (
      paths.find((path) => SOURCE.test(path) && this.#isThere(path)) ??
      paths.flatMap((path) => this.#from(path) ?? [])[0] ??
      null
    );
  }

  #from(path: string): string | null {
    if (!BUILT.test(path)) return null;
    const places = [
      ...this.#builds.flatMap(([to, from]) => (isWithin(to, path) ? [join(from, relative(to, path))] : [])),
      path,
    ];
    const named = places.flatMap((place) =>
      ["ts", "tsx"].map((kind) => place.replace(BUILT, (_, module: string) => `.${module}${kind}`)),
    );
    return named.find((one) => this.#isThere(one)) ?? null;
  }

  /** Generated code may be in no file yet. A pattern stands for what is in a folder. */
  #isThere(path: string): boolean {
    const [fixed = ""] = path.split("*");
    if (fixed !== path) return existsSync(dirname(`${fixed}x`));
    return existsSync(path) || path === join(this.#out, "index.ts");
  }
}

const isWithin = (folder: string, path: string): boolean => path.startsWith(`${folder}${sep}`);

interface TsProject {
  readonly folder: string;
  readonly options: CompilerOptions;
  readonly fileNames: readonly string[];
}

function projectOf(tsconfig: string): TsProject {
  const { config } = ts.readConfigFile(tsconfig, ts.sys.readFile);
  const folder = dirname(tsconfig);
  const parsed = ts.parseJsonConfigFileContent(config ?? {}, ts.sys, folder, undefined, tsconfig);
  return { folder, options: parsed.options, fileNames: parsed.fileNames };
}

/** The folders that a project writes, each with the one that it is made from. */
function buildsOf({ folder, options, fileNames }: TsProject): (readonly [string, string])[] {
  const from = options.rootDir ?? (options.composite === true ? folder : commonFolder(fileNames));
  if (from === undefined) return [];
  return [options.declarationDir, options.outDir].flatMap((to) =>
    to === undefined ? [] : [[resolve(to), resolve(from)] as const],
  );
}

function commonFolder(paths: readonly string[]): string | undefined {
  const sources = paths.filter((path) => SOURCE.test(path));
  if (sources.length === 0) return undefined;
  return sources.map(dirname).reduce((common, folder) => {
    let at = common;
    while (at !== folder && !isWithin(at, folder) && dirname(at) !== at) at = dirname(at);
    return at;
  });
}
