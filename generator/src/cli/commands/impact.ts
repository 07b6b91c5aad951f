import { resolve } from "node:path";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { distinct } from "../../model/distinct.ts";
import { type BaselineOptions, tellWritten, throughBaseline } from "../baseline.ts";
import { exitCodeOf } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";

export interface ImpactCommandOptions extends GlobalOptions, BaselineOptions {
  readonly against: string | undefined;
  /** Relative to the working folder. */
  readonly projects: readonly string[];
  readonly cache: boolean;
}

export async function impact(
  pipeline: Pipeline,
  terminal: Terminal,
  options: ImpactCommandOptions,
): Promise<number> {
  const ran = await runStep(pipeline, terminal, options, async (loaded, onProgress) => {
    const found: Diagnostic[] = [];
    for (const one of options.projects) {
      const tsconfig = resolve(options.cwd, one);
      found.push(...(await pipeline.impact(loaded, { ...options, tsconfig, onProgress })));
    }
    return throughBaseline(distinct(found), ["impact"], loaded, options);
  });
  if (!ran.ok) return ran.code;
  const { diagnostics, written } = ran.value;
  await report(diagnostics, ran.loaded.root, terminal, options);
  tellWritten(written, terminal);
  if (diagnostics.length === 0 && written === null) terminal.note("no application code is concerned\n");
  return exitCodeOf(diagnostics);
}
