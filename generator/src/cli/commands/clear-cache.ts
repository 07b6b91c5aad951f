import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isEntry } from "../../cache/content-cache.ts";
import { EXIT } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import { loadOrReport } from "../load-or-report.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Terminal } from "../terminal.ts";

export async function clearCache(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions,
): Promise<number> {
  const loaded = await loadOrReport(pipeline, terminal, options);
  if (loaded === null) return EXIT.usage;
  const folder = pipeline.cacheFolder(loaded.root);
  const entries = (await readdir(folder).catch(() => [])).filter(isEntry);
  await Promise.all(entries.map((name) => rm(join(folder, name), { force: true })));
  // It stays where a person keeps something else in it.
  await rmdir(folder).catch(() => {});
  terminal.note(`cleared ${folder}\n`);
  return EXIT.fine;
}
