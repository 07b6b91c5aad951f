import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { EXIT } from "../exit-codes.ts";
import { packageFolders, schemasOfPackages } from "../init/found-schema.ts";
import { readManifest, withScripts } from "../init/manifest.ts";
import { findings, nextSteps, SCRIPTS } from "../init/next-steps.ts";
import { packageManagerOf } from "../init/package-manager.ts";
import { queriesOn, starterProject } from "../init/starter-project.ts";
import { lookAround } from "../init/surroundings.ts";
import { collecting, type GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

const OUT = "src/db";

export async function init(terminal: Terminal, options: GlobalOptions, pipeline: Pipeline): Promise<number> {
  const names = options.config === undefined ? CONFIG_NAMES : [options.config];
  const existing = names.find((name) => existsSync(resolve(options.cwd, name)));
  if (existing !== undefined) return showTarget(resolve(options.cwd, existing), terminal, options);
  if (options.config !== undefined) {
    terminal.err(
      `error: there is no ${options.config}\nhint: init writes ./sqlc.yaml; choose the folder with -C\n`,
    );
    return EXIT.usage;
  }
  const around = lookAround(options.cwd, options.version);
  if (around.schema.found === null && around.schema.unwritten === null) {
    const packages = schemasOfPackages(options.cwd, packageFolders(options.cwd));
    if (packages.length > 0) {
      const commands = packages.map(
        ({ folder }) => `${around.packageManager.exec} solitude-gen -C ${JSON.stringify(folder)} init`,
      );
      const places = packages.map(({ folder, schema }) => schema ?? `what writes one in ${folder}`);
      terminal.err(
        `error: there is no schema here, but ${places.join(", ")}\nhint: run ${commands.join(", or ")}\n`,
      );
      return EXIT.usage;
    }
  }
  const { files, queryFile } = starterProject(around);
  const written: string[] = [];
  for (const [path, contents] of Object.entries(files)) {
    if (await writeNew(join(options.cwd, path), contents)) written.push(path);
    else terminal.note(`kept ${path}, which is there already\n`);
  }
  if (queryFile !== null && written.includes(queryFile)) await aboutOwnTable(queryFile, options, pipeline);
  const hasScripts = await addScripts(options.cwd);
  if (hasScripts) written.push("two scripts in package.json");
  terminal.note(
    `${findings(around)}wrote ${written.join(", ")}\n\nnow run:\n${nextSteps(around, hasScripts)}`,
  );
  return EXIT.fine;
}

/** Tells whether the file was not there and is now. */
async function writeNew(target: string, contents: string): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await writeFile(target, contents, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** Puts queries on a table of the project's own in place of one that holds anywhere, where the schema can be applied. */
async function aboutOwnTable(queryFile: string, { cwd }: GlobalOptions, pipeline: Pipeline): Promise<void> {
  const catalog = await collecting(
    async () =>
      (await pipeline.analyze(await pipeline.loadConfig(undefined, cwd), { cache: true })).querySets[0]
        ?.catalog,
    // `generate` says what is wrong with it.
    () => undefined,
  );
  if (catalog === undefined) return;
  const { pascalCase } = await import("../../emit/names.ts");
  const { singular } = await import("../../emit/singular.ts");
  const text = queriesOn(catalog, { pascal: pascalCase, singular });
  if (text !== null) await writeFile(join(cwd, queryFile), text);
}

/** Tells whether package.json has the scripts, after adding them where their names are free. */
async function addScripts(cwd: string): Promise<boolean> {
  const manifest = readManifest(cwd);
  if (manifest === null) return false;
  const file = join(cwd, "package.json");
  const text = withScripts(await readFile(file, "utf8"), SCRIPTS);
  if (text !== null) await writeFile(file, text);
  const { scripts } = readManifest(cwd) ?? {};
  return Object.entries(SCRIPTS).every(([name, script]) => scripts?.[name] === script);
}

/** An sqlc project keeps its configuration as it is; what to add is shown as a patch. */
async function showTarget(file: string, terminal: Terminal, options: GlobalOptions): Promise<number> {
  const text = await readFile(file, "utf8");
  const command = `${packageManagerOf(options.cwd).exec} solitude-gen`;
  const shown = relative(options.cwd, file).split(sep).join("/");
  const { ConfigDocument } = await import("../../config/config-document.ts");
  const { diagnostics } = new ConfigDocument(basename(file), text);
  if (diagnostics.length > 0) {
    await report(diagnostics, dirname(file), terminal, options);
    return EXIT.usage;
  }
  const { besideVersion1, withTypescriptTargets } = await import("../../config/typescript-target.ts");
  const out = relative(dirname(file), join(options.cwd, OUT)).split(sep).join("/");
  const result = withTypescriptTargets(text, out);
  if (result === null) {
    const own = besideVersion1(text, out);
    if (own !== null) {
      const beside = join(dirname(shown), CONFIG_NAMES[0]!).split(sep).join("/");
      terminal.note(
        `found ${shown}, of a version that has no place for TypeScript which sqlc would not refuse; add this file beside it (or pipe this into \`patch -p1\`), then run: ${command} generate\n\n`,
      );
      const lines = own.trimEnd().split("\n");
      await terminal.out(
        `--- /dev/null\n+++ b/${beside}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}`,
      );
      return EXIT.fine;
    }
    terminal.note(`found ${shown}; name a folder for each entry that TypeScript is wanted for:\n\n`);
    await terminal.out(
      `options: { solitude-gen: { typescript: [{ entry: 0, out: ${JSON.stringify(out)} }] } }\n`,
    );
    return EXIT.fine;
  }
  if (result.outs.length === 0) {
    terminal.note(`${shown} already asks for TypeScript; run: ${command} generate\n`);
    return EXIT.fine;
  }
  const { unifiedDiff } = await import("../../output/unified-diff.ts");
  const patch = await unifiedDiff(`a/${shown}`, `b/${shown}`, text, result.text);
  terminal.note(
    `found ${shown}; add what is marked with + (or pipe this into \`patch -p1\`), then run: ${command} generate\n\n`,
  );
  if (terminal.outColor) {
    const { paintDiff } = await import("../paint-diff.ts");
    await terminal.out(paintDiff(patch));
  } else await terminal.out(patch);
  return EXIT.fine;
}
