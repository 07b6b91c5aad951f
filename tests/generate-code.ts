import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { generateIn } from "./command.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Generates the code of a project made of these texts, and compiles it. `remove` takes it away again. */
export async function generateCode<M>(
  schema: string,
  queries: string,
  options: Readonly<Record<string, unknown>>,
): Promise<{ readonly module: M; remove(): void }> {
  // Inside the repository, so that the runtime is found from there.
  mkdirSync(here("./tmp"), { recursive: true });
  const folder = mkdtempSync(here("./tmp/project-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const typescript = { out: "generated", ...options };
    const sql = [{ engine: "postgresql", schema: "schema.sql", queries: "queries.sql", gen: { typescript } }];
    writeFileSync(join(folder, "sqlc.json"), JSON.stringify({ version: "2", sql }));
    writeFileSync(join(folder, "schema.sql"), schema);
    writeFileSync(join(folder, "queries.sql"), queries);
    await generateIn(folder);
    const outfile = join(folder, "generated.mjs");
    const entryPoints = [join(folder, "generated/index.ts")];
    await build({ entryPoints, outfile, bundle: true, format: "esm", external: ["@solitude/runtime"] });
    return { module: (await import(pathToFileURL(outfile).href)) as M, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
