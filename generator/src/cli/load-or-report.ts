import { type GlobalOptions, load } from "./load.ts";
import type { LoadedConfig, Pipeline } from "./pipeline.ts";
import { report } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** The configuration; or null, and then what is wrong with it has been reported: the exit code is that of a wrong usage. */
export async function loadOrReport(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions,
): Promise<LoadedConfig | null> {
  const result = await load(pipeline, options);
  if (result.ok) return result.loaded;
  await report(result.diagnostics, result.root, terminal, options);
  return null;
}
