import type { Analysis } from "../../model/analysis.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { collecting, type GlobalOptions } from "../load.ts";
import { loadOrReport } from "../load-or-report.ts";
import type { Pipeline } from "../pipeline.ts";
import { startProgress } from "../progress.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

/** Prints what is wrong with the schema and the queries, as sqlc's command of that name says it: nothing where nothing is. */
export async function compile(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions & { readonly cache: boolean },
): Promise<number> {
  const loaded = await loadOrReport(pipeline, terminal, options);
  if (loaded === null) return EXIT.usage;
  const progress = startProgress(terminal);
  const { diagnostics } = await collecting<Analysis>(
    () => pipeline.analyze(loaded, { cache: options.cache, onProgress: progress.update }),
    (found) => ({ querySets: [], diagnostics: found }),
  ).finally(progress.stop);
  await report(diagnostics, loaded.root, terminal, options);
  return exitCodeOf(diagnostics);
}
