import { resolve } from "node:path";
import type { Diagnostic } from "../model/diagnostic.ts";
import { DiagnosticError } from "../model/diagnostic.ts";
import type { LoadedConfig, Pipeline } from "./pipeline.ts";
import type { ReportOptions } from "./reports.ts";

/** What every command is given besides its own options. */
export interface GlobalOptions extends ReportOptions {
  readonly config: string | undefined;
  readonly cwd: string;
  readonly color: boolean | undefined;
  readonly quiet: boolean;
}

export type Loaded =
  | { readonly ok: true; readonly loaded: LoadedConfig }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly root: string };

/** Loads the configuration; one that is missing or wrong is the caller's to report, with exit code 2. */
export async function load(pipeline: Pipeline, { config, cwd }: GlobalOptions): Promise<Loaded> {
  try {
    return { ok: true, loaded: await pipeline.loadConfig(config, cwd) };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    // Spans are relative to the configuration file's folder, which the failure does not tell.
    const root = config === undefined ? cwd : resolve(cwd, config, "..");
    return { ok: false, diagnostics: error.diagnostics, root };
  }
}

/** Runs a step; what a DiagnosticError carries counts as its result. */
export async function collecting<T>(
  work: () => Promise<T>,
  onError: (diagnostics: readonly Diagnostic[]) => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiagnosticError) return onError(error.diagnostics);
    throw error;
  }
}
