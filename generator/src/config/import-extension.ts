import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getTsconfig, type TsConfigJson } from "get-tsconfig";

export type ImportExtension = "" | ".js" | ".ts";

type CompilerOptions = NonNullable<TsConfigJson["compilerOptions"]>;

/**
 * Finds how imports between generated files must end to be found by what compiles, bundles and runs them: as the nearest
 * tsconfig.json says, else Deno's configuration, else the nearest package.json. `.js` where there is none.
 * @param folder where the files go, absolute; it need not exist
 */
export function importExtensionFor(folder: string): ImportExtension {
  const { isModule, isThere } = nearestPackage(folder);
  const options = compilerOptions(folder);
  // Deno takes a file by its name, whatever package.json says.
  if (options === null && isOfDeno(folder)) return ".ts";
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
    return getTsconfig(folder)?.config.compilerOptions ?? null;
  } catch {
    return null;
  }
}

function isOfDeno(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (["deno.json", "deno.jsonc"].some((file) => existsSync(join(at, file)))) return true;
    if (dirname(at) === at) return false;
  }
}

function nearestPackage(folder: string): { readonly isThere: boolean; readonly isModule: boolean } {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "package.json");
    if (existsSync(file)) {
      try {
        const { type } = JSON.parse(readFileSync(file, "utf8")) as { type?: unknown };
        return { isThere: true, isModule: type === "module" };
      } catch {
        return { isThere: false, isModule: false };
      }
    }
    if (dirname(at) === at) return { isThere: false, isModule: false };
  }
}
