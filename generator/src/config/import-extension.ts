import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  createFilesMatcher,
  getTsconfig,
  parseTsconfig,
  type TsConfigJson,
  type TsConfigResult,
} from "get-tsconfig";

export type ImportExtension = "" | ".js" | ".ts";

type CompilerOptions = NonNullable<TsConfigJson["compilerOptions"]>;

/**
 * Finds how imports between generated files must end to be found by what compiles, bundles and runs them: as the nearest
 * tsconfig.json says, else Deno's configuration, else the nearest package.json. `.js` where there is none, `.ts` where nothing but Node
 * takes the sources.
 * @param folder where the files go, absolute; it need not exist
 */
export function importExtensionFor(folder: string): ImportExtension {
  const { isModule, isThere, saysCommonJs } = nearestPackage(folder);
  const options = compilerOptions(folder);
  // Deno takes a file by its name, whatever package.json says.
  if (options === null && isOfDeno(folder)) return ".ts";
  // Node strips types of what is a module, or may be one, and takes a file by its name as well.
  if (options === null && isThere && !saysCommonJs && !isCompiled(folder)) return ".ts";
  if (options === null) return isThere && !isModule ? "" : ".js";
  if (options.allowImportingTsExtensions || options.rewriteRelativeImportExtensions) return ".ts";
  const module = lower(options.module);
  const resolution = lower(options.moduleResolution);
  // Node asks for the extension in ES modules; what reads CommonJS (Jest, webpack) does not take one for another.
  if (/^node(?!10)/.test(module) || /^node(?:16|next)/.test(resolution)) return isModule ? ".js" : "";
  if (/^(?:commonjs|amd|umd|system)$/.test(module)) return "";
  // Whatever bundles or runs the sources finds them; what `tsc` writes as ES modules is for Node itself.
  return isModule && options.noEmit !== true ? ".js" : "";
}

const lower = (value: string | undefined): string => value?.toLowerCase() ?? "";

/** Gives what the nearest tsconfig.json says, with all that it extends; null where there is none, or none that can be read. */
function compilerOptions(folder: string): CompilerOptions | null {
  try {
    const found = getTsconfig(folder);
    return (found && (referredTo(folder, found) ?? found.config).compilerOptions) ?? null;
  } catch {
    return null;
  }
}

/** Gives the tsconfig that has the folder's files, of those that one refers to which has none itself. */
function referredTo(folder: string, { path, config }: TsConfigResult): TsConfigJson | undefined {
  if (config.files?.length !== 0 || (config.include?.length ?? 0) > 0) return undefined;
  for (const reference of config.references ?? []) {
    const place = resolve(dirname(path), reference.path);
    const file = place.endsWith(".json") ? place : join(place, "tsconfig.json");
    if (!existsSync(file)) continue;
    const of = { path: file, config: parseTsconfig(file) };
    if (createFilesMatcher(of)(join(folder, "index.ts"))) return of.config;
  }
  return undefined;
}

/** Packages that compile or bundle, or that run sources in their own way. */
const COMPILERS =
  /^(?:typescript|ts-node|ts-jest|tsx|tsup|tsdown|tsimp|jiti|sucrase|esbuild|vite|vitest|rollup|rolldown|webpack|parcel|jest|babel-jest|nx|next|nuxt|astro|expo|react-scripts|react-router|metro|wrangler|@(?:swc|babel|rspack|rsbuild|parcel|remix-run|sveltejs|nestjs|nx|angular|vercel|react-router)\/.*)$/;

/** Gives the folder, and each that it lies in. */
function* foldersFrom(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

/** Gives the packages that the folder belongs to, the nearest first; null for one that cannot be read. */
function* packagesOf(folder: string): Generator<Readonly<Record<string, unknown>> | null> {
  for (const at of foldersFrom(folder)) {
    const file = join(at, "package.json");
    if (existsSync(file)) yield readPackage(file);
  }
}

function readPackage(file: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Tells whether one of them asks for something that compiles. */
function isCompiled(folder: string): boolean {
  return [...packagesOf(folder)].some((found) =>
    [found?.dependencies, found?.devDependencies].some((listed) =>
      Object.keys(listed ?? {}).some((name) => COMPILERS.test(name)),
    ),
  );
}

function isOfDeno(folder: string): boolean {
  return [...foldersFrom(folder)].some((at) =>
    ["deno.json", "deno.jsonc"].some((file) => existsSync(join(at, file))),
  );
}

interface NearestPackage {
  readonly isThere: boolean;
  readonly isModule: boolean;
  /** Whether it says so, in place of nothing. */
  readonly saysCommonJs: boolean;
}

function nearestPackage(folder: string): NearestPackage {
  const { value: found } = packagesOf(folder).next();
  const type = found?.type;
  return { isThere: found != null, isModule: type === "module", saysCommonJs: type === "commonjs" };
}
