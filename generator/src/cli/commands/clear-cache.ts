import { rm } from "node:fs/promises";
import { EXIT } from "../exit-codes.ts";
import { type GlobalOptions, load } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export async function clearCache(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions,
): Promise<number> {
  const result = await load(pipeline, options);
  if (!result.ok) {
    await report(result.diagnostics, result.root, terminal, options);
    return EXIT.usage;
  }
  const folder = pipeline.cacheFolder(result.loaded.root);
  await rm(folder, { recursive: true, force: true });
  if (!options.quiet) terminal.err(`deleted ${folder}\n`);
  return EXIT.fine;
}
