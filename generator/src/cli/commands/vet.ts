import { resolve } from "node:path";
import { tellWritten } from "../baseline.ts";
import { EXIT, type ExitCode, type FailOn, failsFrom } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";

export interface VetCommandOptions extends GlobalOptions {
  readonly cache: boolean;
  readonly against: string | null;
  /** As the command line has it, relative to the working folder. */
  readonly baseline: string | null;
  readonly writeBaseline: boolean;
  readonly failOn: FailOn | null;
  readonly list: boolean;
  readonly explain: string | null;
}

export async function vet(
  pipeline: Pipeline,
  terminal: Terminal,
  options: VetCommandOptions,
): Promise<number> {
  if (options.explain !== null)
    return (await import("./explain.ts")).explain(options.explain, pipeline, terminal, options);
  if (options.list) return list(terminal);
  const ran = await runStep(pipeline, terminal, options, (loaded, onProgress) =>
    pipeline.vet(loaded, { ...options, baseline: baselinePath(options), onProgress }),
  );
  if (!ran.ok) return ran.code;
  const { diagnostics, written } = ran.value;
  const { root, config } = ran.loaded;
  await report(diagnostics, root, terminal, options);
  tellWritten(written, terminal, options);
  return failsFrom(diagnostics, options.failOn ?? config.vet.options.fail_on ?? "error");
}

function baselinePath({ baseline, cwd }: VetCommandOptions): string | null {
  return baseline === null ? null : resolve(cwd, baseline);
}

async function list(terminal: Terminal): Promise<ExitCode> {
  const { QUERY_RULES, MIGRATION_RULES } = await import("../../check/rules/registry.ts");
  const widest = Math.max(...[...QUERY_RULES, ...MIGRATION_RULES].map(({ code }) => code.length));
  const lines = (rules: readonly { code: string; severity: string; summary: string }[]): string =>
    rules
      .map(({ code, severity, summary }) => `  ${code.padEnd(widest)}  ${severity.padEnd(7)}  ${summary}\n`)
      .join("");
  await terminal.out(
    `Queries\n${lines(QUERY_RULES)}\nMigrations\n${lines(MIGRATION_RULES)}\n` +
      "The severity is the default; `vet.rules` in the configuration sets another. `vet --explain <rule>` says more.\n",
  );
  return EXIT.fine;
}
