import { resolve } from "node:path";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.ts";
import { collecting, type GlobalOptions } from "../load.ts";
import { loadOrReport } from "../load-or-report.ts";
import type { Pipeline, VetResult } from "../pipeline.ts";
import { startProgress } from "../progress.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export interface VetCommandOptions extends GlobalOptions {
  readonly cache: boolean;
  readonly against: string | null;
  /** As the command line has it, relative to the working folder. */
  readonly baseline: string | null;
  readonly writeBaseline: boolean;
  readonly failOn: "warning" | "error" | null;
  readonly list: boolean;
  readonly explain: string | null;
}

export async function vet(
  pipeline: Pipeline,
  terminal: Terminal,
  options: VetCommandOptions,
): Promise<number> {
  if (options.explain !== null) return explain(options.explain, terminal);
  if (options.list) return list(terminal);
  const loaded = await loadOrReport(pipeline, terminal, options);
  if (loaded === null) return EXIT.usage;
  const progress = startProgress(terminal);
  const { diagnostics, written } = await collecting<VetResult>(
    () => pipeline.vet(loaded, { ...options, baseline: baselinePath(options), onProgress: progress.update }),
    (found) => ({ diagnostics: found, written: null }),
  ).finally(progress.stop);
  await report(diagnostics, loaded.root, terminal, options);
  const code = codeOf(diagnostics, options.failOn ?? loaded.config.vet.options.fail_on ?? "error");
  if (written !== null && !options.quiet) {
    terminal.err(`the baseline has ${written} ${written === 1 ? "finding" : "findings"}; commit it\n`);
  }
  return code;
}

function baselinePath({ baseline, cwd }: VetCommandOptions): string | null {
  return baseline === null ? null : resolve(cwd, baseline);
}

function codeOf(diagnostics: VetResult["diagnostics"], failOn: "warning" | "error"): ExitCode {
  const isUsage = diagnostics.some(
    ({ code }) => code.startsWith("config-rule") || code === "config-baseline" || code.startsWith("base-"),
  );
  if (isUsage) return EXIT.usage;
  const code = exitCodeOf(diagnostics);
  if (code !== EXIT.fine || failOn === "error") return code;
  return diagnostics.some(({ severity }) => severity === "warning") ? EXIT.problems : EXIT.fine;
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

async function explain(code: string, terminal: Terminal): Promise<ExitCode> {
  const { RULES } = await import("../../check/rules/registry.ts");
  const rule = RULES.get(code);
  if (!rule) {
    const { nearest } = await import("../../config/suggestion.ts");
    const meant = nearest(code, [...RULES.keys()]);
    terminal.err(`error: there is no rule "${code}"${meant ? `; did you mean "${meant}"?` : ""}\n`);
    return EXIT.usage;
  }
  const { rulePage } = await import("../../check/rules/page.ts");
  await terminal.out(rulePage(rule, null));
  return EXIT.fine;
}
