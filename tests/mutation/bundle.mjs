import { readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { mutate } from "./mutants.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles suites as they are, each with modules of its own, and the sources under mutation with all of their mutants.
 * @param suites paths from the root; `files` are the sources, likewise
 * @param instead what stands in the place of further modules
 * @returns the bundles' paths by suite, and the mutants
 */
export async function bundleSuites({ suites, files, instead = {} }, folder) {
  const mutated = new Map(Object.entries(instead).map(([file, code]) => [join(ROOT, file), code]));
  const mutants = [];
  for (const file of files) {
    const { code, mutants: own } = mutate(await readFile(join(ROOT, file), "utf8"), file, mutants.length + 1);
    mutated.set(join(ROOT, file), code);
    mutants.push(...own);
  }
  const bundles = new Map();
  for (const suite of suites) {
    const outfile = join(folder, `${bundles.size}-${basename(suite)}.mjs`);
    await build({
      ...{ entryPoints: [join(ROOT, suite)], outfile, bundle: true, format: "esm", platform: "node" },
      ...{ target: "node20", packages: "external", logLevel: "error", plugins: [asSources(mutated)] },
    });
    bundles.set(suite, outfile);
  }
  return { bundles, mutants };
}

/**
 * What would be done again for each mutant with the same outcome, by module: functions of texts, and the engine. What an engine refused
 * is remembered beyond the bundle whose class of errors that was, also for one that is loaded anew.
 */
const ONCE = {
  "generator/src/postgres/engine.ts":
    "for (const own of [PostgresError, EngineBreakdown]) Object.defineProperty(own, Symbol.hasInstance, { value: (error) => error?.name === own.name });",
  "generator/src/postgres/pglite.ts": "EmbeddedEngine.start = globalThis.__remembered(EmbeddedEngine.start);",
  "generator/src/postgres/raw-parse.ts": "parseStatement = globalThis.__once(parseStatement);",
  "generator/src/postgres/tree/read-tree.ts":
    "readQueries = globalThis.__once(readQueries); readExpression = globalThis.__once(readExpression); readExpressions = globalThis.__once(readExpressions);",
};

/** Gives modules their own place, wherever they were bundled to, and has done once what is the same for all mutants. */
function asSources(mutated) {
  return {
    name: "sources",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^@jest\/globals$/ }, () => ({
        path: join(ROOT, "tests/mutation/jest-globals.mjs"),
      }));
      onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
        if (path.includes("/node_modules/")) return null;
        let contents = mutated.get(path) ?? (await readFile(path, "utf8"));
        if (contents.includes("import.meta.")) {
          contents = contents
            .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
            .replaceAll("import.meta.dirname", JSON.stringify(join(path, "..")));
        }
        contents += `\n${ONCE[relative(ROOT, path)] ?? ""}\n`;
        return { contents, loader: path.endsWith("ts") ? "ts" : "js" };
      });
    },
  };
}
