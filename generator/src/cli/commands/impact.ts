import { resolve } from "node:path";
import { exitCodeOf } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { runStep } from "../run-step.ts";
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
  const tsconfig = resolve(options.cwd, options.project);
  const ran = await runStep(pipeline, terminal, options, (loaded, onProgress) =>
    pipeline.impact(loaded, { ...options, tsconfig, onProgress }),
  );
  if (!ran.ok) return ran.code;
  const diagnostics = ran.value;
  await report(diagnostics, ran.loaded.root, terminal, options);
  if (diagnostics.length === 0 && !options.quiet) terminal.err("no application code is concerned\n");
  return exitCodeOf(diagnostics);
}
