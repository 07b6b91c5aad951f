import { resolve } from "node:path";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import { loadOrReport } from "../load-or-report.ts";
import type { Pipeline } from "../pipeline.ts";
import { startProgress } from "../progress.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export interface ImpactCommandOptions extends GlobalOptions {
  readonly against: string | undefined;
  /** Relative to the working folder. */
  readonly project: string;
  readonly cache: boolean;
}

export async function impact(
  pipeline: Pipeline,
  terminal: Terminal,
  options: ImpactCommandOptions,
): Promise<number> {
  const loaded = await loadOrReport(pipeline, terminal, options);
  if (loaded === null) return EXIT.usage;
  const progress = startProgress(terminal);
  let diagnostics: readonly Diagnostic[];
  let isUsage = false;
  try {
    const tsconfig = resolve(options.cwd, options.project);
    diagnostics = await pipeline.impact(loaded, { ...options, tsconfig, onProgress: progress.update });
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    ({ diagnostics } = error);
    isUsage = true;
  } finally {
    progress.stop();
  }
  await report(diagnostics, loaded.root, terminal, options);
  if (diagnostics.length === 0 && !options.quiet) terminal.err("no application code is concerned\n");
  return isUsage ? EXIT.usage : exitCodeOf(diagnostics);
}
