import type { Order, Verdict } from "../../check/verify/verify.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import { loadOrReport } from "../load-or-report.ts";
import type { Pipeline } from "../pipeline.ts";
import { startProgress } from "../progress.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export interface VerifyCommandOptions extends GlobalOptions {
  readonly against: string | undefined;
  readonly order: Order | null;
  readonly cache: boolean;
  readonly json: boolean;
}

export async function verify(
  pipeline: Pipeline,
  terminal: Terminal,
  options: VerifyCommandOptions,
): Promise<number> {
  const loaded = await loadOrReport(pipeline, terminal, options);
  if (loaded === null) return EXIT.usage;
  const progress = startProgress(terminal);
  let verdict: Verdict | null = null;
  let diagnostics: readonly Diagnostic[];
  let isUsage = false;
  try {
    ({ verdict, diagnostics } = await pipeline.verify(loaded, { ...options, onProgress: progress.update }));
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    ({ diagnostics } = error);
    isUsage = true;
  } finally {
    progress.stop();
  }
  if (verdict !== null) await show(verdict, terminal, options);
  await report(diagnostics, loaded.root, terminal, options);
  return isUsage ? EXIT.usage : exitCodeOf(diagnostics);
}

async function show(
  verdict: Verdict,
  terminal: Terminal,
  { json, reports }: VerifyCommandOptions,
): Promise<void> {
  if (json) return terminal.out(`${JSON.stringify({ version: 1, ...verdict }, null, 2)}\n`);
  // Standard output is the report's where one goes there.
  if (reports.some(({ file }) => file === null)) return;
  const { renderVerdict } = await import("../../check/verify/render.ts");
  await terminal.out(renderVerdict(verdict, terminal.outColor));
}
