import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { EXIT } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import { report } from "../report.ts";
import { STARTER_FILES } from "../starter-project.ts";
import type { Terminal } from "../terminal.ts";

const OUT = "src/db";

export async function init(terminal: Terminal, options: GlobalOptions): Promise<number> {
  const names = options.config === undefined ? CONFIG_NAMES : [options.config];
  const existing = names.find((name) => existsSync(resolve(options.cwd, name)));
  if (existing !== undefined) return showTarget(resolve(options.cwd, existing), terminal, options);
  if (options.config !== undefined) {
    terminal.err(
      `error: there is no ${options.config}\nhint: init writes ./sqlc.yaml; choose the folder with -C\n`,
    );
    return EXIT.usage;
  }
  const written: string[] = [];
  for (const [path, contents] of Object.entries(STARTER_FILES)) {
    const target = join(options.cwd, path);
    await mkdir(dirname(target), { recursive: true });
    try {
      await writeFile(target, contents, { flag: "wx" });
      written.push(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      terminal.err(`kept ${path}, which is there already\n`);
    }
  }
  if (!options.quiet) {
    terminal.err(`wrote ${written.join(", ")}\nnow run: solitude-gen generate\n`);
  }
  return EXIT.fine;
}

/** An sqlc project keeps its configuration as it is; what to add is shown as a patch. */
async function showTarget(file: string, terminal: Terminal, options: GlobalOptions): Promise<number> {
  const text = await readFile(file, "utf8");
  const say = (message: string): void => {
    if (!options.quiet) terminal.err(message);
  };
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
      say(
        `found ${shown}, of a version that has no place for TypeScript which sqlc would not refuse; add this file beside it (or pipe this into \`patch -p1\`), then run: solitude-gen generate\n\n`,
      );
      const lines = own.trimEnd().split("\n");
      await terminal.out(
        `--- /dev/null\n+++ b/${beside}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}`,
      );
      return EXIT.fine;
    }
    say(`found ${shown}; name a folder for each entry that TypeScript is wanted for:\n\n`);
    await terminal.out(
      `options: { solitude-gen: { typescript: [{ entry: 0, out: ${JSON.stringify(out)} }] } }\n`,
    );
    return EXIT.fine;
  }
  if (result.outs.length === 0) {
    say(`${shown} already asks for TypeScript; run: solitude-gen generate\n`);
    return EXIT.fine;
  }
  const { unifiedDiff } = await import("../../output/unified-diff.ts");
  const patch = await unifiedDiff(`a/${shown}`, `b/${shown}`, text, result.text);
  say(
    `found ${shown}; add what is marked with + (or pipe this into \`patch -p1\`), then run: solitude-gen generate\n\n`,
  );
  if (terminal.outColor) {
    const { paintDiff } = await import("../paint-diff.ts");
    await terminal.out(paintDiff(patch));
  } else await terminal.out(patch);
  return EXIT.fine;
}
