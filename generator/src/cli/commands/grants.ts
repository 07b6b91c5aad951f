import type { Analysis } from "../../model/analysis.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { collecting, type GlobalOptions } from "../load.ts";
import { loadOrReport } from "../load-or-report.ts";
import type { Pipeline } from "../pipeline.ts";
import { startProgress } from "../progress.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export interface GrantsOptions extends GlobalOptions {
  readonly role: string;
  readonly cache: boolean;
}

export async function grants(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GrantsOptions,
): Promise<number> {
  const loaded = await loadOrReport(pipeline, terminal, options);
  if (loaded === null) return EXIT.usage;
  const progress = startProgress(terminal);
  const analysis = await collecting<Analysis>(
    () => pipeline.analyze(loaded, { cache: options.cache, onProgress: progress.update }),
    (diagnostics) => ({ querySets: [], diagnostics }),
  ).finally(progress.stop);
  await report(analysis.diagnostics, loaded.root, terminal, options);
  const code = exitCodeOf(analysis.diagnostics);
  // Without a query that failed, the role would lose what that one needs.
  if (code === EXIT.fine) await terminal.out(await pipeline.grants(options.role, analysis.querySets));
  return code;
}
