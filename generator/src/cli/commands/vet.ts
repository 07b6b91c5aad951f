import { resolve } from "node:path";
import type { MendedKind } from "../../check/findings/mends.ts";
import { tellWritten } from "../baseline.ts";
import { count } from "../count.ts";
import { EXIT, type ExitCode, type FailOn, failsFrom } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline, VetResult } from "../pipeline.ts";
import { report } from "../report.ts";
import { runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";
import type { Fixed } from "../vet-fixes.ts";

export interface VetCommandOptions extends GlobalOptions {
  readonly cache: boolean;
  readonly against: string | null;
  /** As the command line has it, relative to the working folder. */
  readonly baseline: string | null;
  readonly writeBaseline: boolean;
  readonly failOn: FailOn | null;
  readonly list: boolean;
  readonly explain: string | null;
  /** Make the edits of what is found, and report what is left; null makes none. */
  readonly fix: MendedKind | null;
}

export async function vet(
  pipeline: Pipeline,
  terminal: Terminal,
  options: VetCommandOptions,
): Promise<number> {
  if (options.explain !== null) return explainRule(options.explain, pipeline, terminal, options);
  if (options.list) return list(terminal);
  const ran = await runStep(pipeline, terminal, options, async (loaded, onProgress) => {
    const look = (): Promise<VetResult> =>
      pipeline.vet(loaded, { ...options, baseline: baselinePath(options), onProgress });
    if (options.fix === null) return { ...UNFIXED, result: await look() };
    const { fixAll } = await import("../vet-fixes.ts");
    return fixAll(loaded.root, options.fix, look, () => pipeline.forgetFiles());
  });
  if (!ran.ok) return ran.code;
  const { result, mended, left, files, locked } = ran.value;
  const { diagnostics, written } = result;
  const { root, config } = ran.loaded;
  await report(diagnostics, root, terminal, options);
  tellWritten(written, terminal);
  if (options.fix !== null)
    terminal.note(
      `${count(mended, "finding")} mended in ${count(files.size, "file")}` +
        `${left === 0 ? "" : `; ${left} left, which --fix=all mends: calls may change with it`}` +
        `${locked.size === 0 ? "" : `; read-only, and left as it was: ${[...locked].sort().join(", ")}`}\n`,
    );
  return failsFrom(diagnostics, options.failOn ?? config.vet.options.fail_on ?? "error");
}

const UNFIXED: Omit<Fixed<VetResult>, "result"> = { mended: 0, left: 0, files: new Set(), locked: new Set() };

/** The rule's page, and what was seen where it finds something in the project that this is run in, if it is one. */
async function explainRule(
  code: string,
  pipeline: Pipeline,
  terminal: Terminal,
  options: VetCommandOptions,
): Promise<number> {
  const { explain } = await import("./explain.ts");
  const { RULES } = await import("../../check/rules/registry.ts");
  const explained = await explain(code, pipeline, terminal, options);
  if (!RULES.has(code)) return explained;
  const loaded = await pipeline.loadConfig(options.config, options.cwd).catch(() => null);
  if (loaded === null) return explained;
  const { renderSeen } = await import("../evidence.ts");
  const { diagnostics, evidence } = await pipeline.vet(loaded, {
    ...options,
    baseline: null,
    writeBaseline: false,
  });
  const own = diagnostics.filter((diagnostic) => diagnostic.code === code);
  await terminal.out(renderSeen(own, evidence, loaded.root));
  return explained;
}

function baselinePath({ baseline, cwd }: VetCommandOptions): string | null {
  return baseline === null ? null : resolve(cwd, baseline);
}

async function list(terminal: Terminal): Promise<ExitCode> {
  const { COLUMN_RULES, QUERY_RULES, MIGRATION_RULES } = await import("../../check/rules/registry.ts");
  const widest = Math.max(
    ...[...QUERY_RULES, ...MIGRATION_RULES, ...COLUMN_RULES].map(({ code }) => code.length),
  );
  const lines = (rules: readonly { code: string; severity: string; summary: string }[]): string =>
    rules
      .map(({ code, severity, summary }) => `  ${code.padEnd(widest)}  ${severity.padEnd(7)}  ${summary}\n`)
      .join("");
  await terminal.out(
    `Queries\n${lines(QUERY_RULES)}\nMigrations\n${lines(MIGRATION_RULES)}\nColumns\n${lines(COLUMN_RULES)}\n` +
      "The severity is the default; `vet.rules` in the configuration sets another. `vet --explain <rule>` says more.\n",
  );
  return EXIT.fine;
}
