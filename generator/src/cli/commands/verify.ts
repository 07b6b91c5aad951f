import type { BaselineOwner } from "../../check/findings/baseline.ts";
import type { LiveVerdict } from "../../check/live/live.ts";
import type { Verdict } from "../../check/verify/verify.ts";
import type { Order } from "../../config/options/roll-out-orders.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { type BaselineOptions, tellWritten, throughBaseline } from "../baseline.ts";
import { databaseUrl } from "../database-url.ts";
import { EXIT, exitCodeOf, type FailOn, failsFrom } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { LoadedConfig, Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { type OnProgress, runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";

export interface VerifyCommandOptions extends GlobalOptions, BaselineOptions {
  readonly failOn: FailOn;
  readonly against: string | undefined;
  readonly order: Order | null;
  /** The role that the application connects as; null for the configuration's. */
  readonly role: string | null;
  /** Whether to show how to roll it out also where one of the orders is safe. */
  readonly plan: boolean;
  readonly cache: boolean;
  readonly json: boolean;
  /** A live server to check; true for the configuration's, null for none. */
  readonly databaseUrl: string | true | null;
}

interface Verified {
  readonly verdict: Verdict | null;
  readonly live: LiveVerdict | null;
  readonly diagnostics: readonly Diagnostic[];
}

export async function verify(
  pipeline: Pipeline,
  terminal: Terminal,
  options: VerifyCommandOptions,
): Promise<number> {
  const ran = await runStep(pipeline, terminal, options, async (loaded, onProgress) => {
    const verified = await verifyAll(pipeline, loaded, options, onProgress);
    const owners = ownersOf(verified);
    return { ...verified, ...(await throughBaseline(verified.diagnostics, owners, loaded, options)) };
  });
  if (!ran.ok) return ran.code;
  const { written } = ran.value;
  const { foldRefusals } = await import("../../check/ci/fold.ts");
  const diagnostics = foldRefusals(ran.value.diagnostics);
  await show(ran.value, terminal, options);
  await report(diagnostics, ran.loaded.root, terminal, { ...options, ...(await inMarkdown(ran.value)) });
  tellWritten(written, terminal);
  return failsFrom(diagnostics, options.failOn);
}

/** The verdict and the plan, where a report is asked for: findings alone do not say in which order. */
async function inMarkdown({ verdict }: Verified): Promise<{ readonly markdown?: string }> {
  if (verdict === null) return {};
  const { verdictMarkdown } = await import("../../check/verify/render.ts");
  return { markdown: verdictMarkdown(verdict) };
}

/** Names who may speak of entries in the baseline: what was not checked has nothing to say of its own. */
function ownersOf({ verdict, live }: Verified): BaselineOwner[] {
  return [...(verdict === null ? [] : ["verify" as const]), ...(live === null ? [] : ["live" as const])];
}

/** A live server is held against what is deployed where that is named, and else against the project as it is here. */
async function verifyAll(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  options: VerifyCommandOptions,
  onProgress: OnProgress,
): Promise<Verified> {
  const run = { ...options, onProgress };
  const rollOut = (): ReturnType<Pipeline["verify"]> => pipeline.verify(loaded, run);
  if (options.databaseUrl === null) return { live: null, ...(await rollOut()) };
  const named = options.databaseUrl === true ? null : options.databaseUrl;
  const { uri, diagnostics } = databaseUrl(named, loaded, true);
  const { against } = options;
  const verified = against === undefined ? { verdict: null, diagnostics: [] } : await rollOut();
  if (uri === null || exitCodeOf(verified.diagnostics) === EXIT.failure) {
    return { ...verified, live: null, diagnostics: [...diagnostics, ...verified.diagnostics] };
  }
  const checked = await pipeline.live(loaded, { ...run, uri, against: against ?? null });
  return { ...checked, ...verified, diagnostics: [...verified.diagnostics, ...checked.diagnostics] };
}

async function show(
  { verdict, live }: Verified,
  terminal: Terminal,
  { json, reports, databaseUrl }: VerifyCommandOptions,
): Promise<void> {
  if (json) {
    const document = { version: 1, ...verdict, ...(databaseUrl !== null && { live }) };
    return terminal.out(`${JSON.stringify(document, null, 2)}\n`);
  }
  // Standard output is the report's where one goes there.
  if (reports.some(({ file }) => file === null)) return;
  if (verdict !== null) {
    const { renderVerdict } = await import("../../check/verify/render.ts");
    await terminal.tell(renderVerdict(verdict, terminal.outColor));
    const { renderPlan } = await import("../../check/verify/plan/render.ts");
    for (const plan of verdict.plans) await terminal.tell(renderPlan(plan));
  }
  if (live !== null) {
    const { renderLive } = await import("../../check/live/render.ts");
    await terminal.tell(renderLive(live, terminal.outColor));
  }
}
