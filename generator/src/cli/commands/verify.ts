import type { Order, Verdict } from "../../check/verify/verify.ts";
import { exitCodeOf } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { runStep } from "../run-step.ts";
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
  const ran = await runStep(pipeline, terminal, options, (loaded, onProgress) =>
    pipeline.verify(loaded, { ...options, onProgress }),
  );
  if (!ran.ok) return ran.code;
  const { verdict, diagnostics } = ran.value;
  if (verdict !== null) await show(verdict, terminal, options);
  await report(diagnostics, ran.loaded.root, terminal, options);
  return exitCodeOf(diagnostics);
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
