import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EXIT } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import { STARTER_FILES } from "../starter-project.ts";
import type { Terminal } from "../terminal.ts";

const CONFIG_NAMES = ["sqlc.yaml", "sqlc.yml", "sqlc.json"];

export async function init(terminal: Terminal, options: GlobalOptions): Promise<number> {
  const existing = CONFIG_NAMES.find((name) => existsSync(join(options.cwd, name)));
  if (existing !== undefined) return showTarget(existing, terminal, options);
  if (options.config !== undefined) {
    terminal.err("error: init writes ./sqlc.yaml; choose the folder with -C\n");
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

/** An sqlc project keeps its configuration as it is, comments and all; what to add is shown. */
async function showTarget(name: string, terminal: Terminal, options: GlobalOptions): Promise<number> {
  const text = await readFile(join(options.cwd, name), "utf8");
  if (/^\s*"?typescript"?\s*:/m.test(text)) {
    if (!options.quiet) terminal.err(`${name} already asks for TypeScript; run: solitude-gen generate\n`);
    return EXIT.fine;
  }
  const firstVersion = /^\s*"?version"?\s*:\s*["']?1["']?\s*,?\s*$/m.test(text);
  const list = firstVersion ? "packages" : "sql";
  if (!options.quiet) {
    terminal.err(
      `found ${name}; add this to each entry of \`${list}:\` that TypeScript is wanted for, then run: solitude-gen generate\n\n`,
    );
  }
  await terminal.out(name.endsWith(".json") ? JSON_TARGET : YAML_TARGET);
  return EXIT.fine;
}

const YAML_TARGET = `    gen:
      typescript:
        out: src/db
`;

const JSON_TARGET = `"gen": { "typescript": { "out": "src/db" } }
`;
