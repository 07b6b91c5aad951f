import { resolve } from "node:path";
import type { BaselineOwner } from "../check/findings/baseline.ts";
import type { Overlooked } from "../check/findings/overlook.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { GlobalOptions } from "./load.ts";
import type { LoadedConfig } from "./pipeline.ts";
import type { Terminal } from "./terminal.ts";

/** Of the commands that can overlook what is known. */
export interface BaselineOptions {
  /** As the command line has it, relative to the working folder; null for the configuration's, if any. */
  readonly baseline: string | null;
  /** Write what is found into the baseline file in place of reporting it. */
  readonly writeBaseline: boolean;
}

/** @throws DiagnosticError `config-baseline` where the file cannot be read */
export async function throughBaseline(
  diagnostics: readonly Diagnostic[],
  owners: readonly BaselineOwner[],
  loaded: LoadedConfig,
  { baseline, writeBaseline, cwd }: BaselineOptions & Pick<GlobalOptions, "cwd">,
): Promise<Overlooked> {
  // Nothing is loaded where nobody has a baseline.
  const { vet, ci } = loaded.config;
  const isConfigured = vet.options.baseline !== undefined || ci.settings.baseline !== undefined;
  if (baseline === null && !isConfigured && !writeBaseline) return { diagnostics, written: null };
  const { chooseBaseline, overlook } = await import("../check/findings/overlook.ts");
  const choice = chooseBaseline(baseline === null ? null : resolve(cwd, baseline), loaded);
  return overlook(diagnostics, owners, choice, writeBaseline);
}

export function tellWritten(written: number | null, terminal: Terminal): void {
  if (written === null) return;
  terminal.note(`${written} ${written === 1 ? "finding is" : "findings are"} in the baseline; commit it\n`);
}
