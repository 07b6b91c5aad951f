import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import type { GlobalOptions } from "./load.ts";
import { loadOrReport } from "./load-or-report.ts";
import type { LoadedConfig, Pipeline } from "./pipeline.ts";
import { startProgress } from "./progress.ts";
import { report } from "./report.ts";
import type { Terminal } from "./terminal.ts";

export type OnProgress = (done: number, total: number, what: string) => void;

/** A step's result; or what the command ends with, where something kept the step from its work and was reported. */
export type StepResult<T> =
  | { readonly ok: true; readonly value: T; readonly loaded: LoadedConfig }
  | { readonly ok: false; readonly code: ExitCode };

/** Loads the configuration and runs a step of a command, its progress shown. */
export async function runStep<T>(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions,
  work: (loaded: LoadedConfig, onProgress: OnProgress) => Promise<T>,
): Promise<StepResult<T>> {
  const loaded = await loadOrReport(pipeline, terminal, options);
  if (loaded === null) return { ok: false, code: EXIT.usage };
  const progress = startProgress(terminal);
  try {
    const value = await work(loaded, progress.update);
    return { ok: true, value, loaded };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    progress.stop();
    await report(error.diagnostics, loaded.root, terminal, options);
    return { ok: false, code: stopCode(error.diagnostics) };
  } finally {
    progress.stop();
  }
}

/** Gives the exit code of what keeps a step from its work: a database that cannot be used, or else how the command was called or configured. */
export function stopCode(diagnostics: readonly Diagnostic[]): ExitCode {
  return exitCodeOf(diagnostics) === EXIT.failure ? EXIT.failure : EXIT.usage;
}
