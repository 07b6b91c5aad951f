import { dirname, resolve } from "node:path";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { OutputPlan } from "../../output/plan.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { type GlobalOptions, load } from "../load.ts";
import type { LoadedConfig, Pipeline } from "../pipeline.ts";
import type { Terminal } from "../terminal.ts";
import { FollowUp } from "../watch/follow-up.ts";
import { InputWatcher } from "../watch/input-watcher.ts";
import { type Round, showRound } from "../watch/screen.ts";
import { noTarget, prepare, unwritable, withTarget } from "./generate.ts";

export interface WatchOptions extends GlobalOptions {
  readonly cache: boolean;
  /** A command for the shell, after each change of the output; null for none. */
  readonly exec: string | null;
}

/** Generates, and again whenever something changes, until the process is ended. No error ends it. */
export async function watch(pipeline: Pipeline, terminal: Terminal, options: WatchOptions): Promise<number> {
  const followUp = options.exec === null ? null : new FollowUp(options.exec, options.cwd);
  let wake: () => void = () => {};
  let changed = new Set<string>();
  let running = new AbortController();
  const watcher = await InputWatcher.start((paths) => {
    for (const path of paths) changed.add(path);
    // What runs is of the files as they were.
    running.abort();
    wake();
  });
  // What a thread says after nobody waits for it is no reason to end.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(event);
    process.on(event, (error: unknown) => {
      terminal.err(`error[internal]: ${messageOf(error)}\n`);
      changed.add("");
      void pipeline.watching.renew().then(() => wake());
    });
  }
  let last = "";
  for (let isFirst = true; ; isFirst = false) {
    const paths = changed;
    changed = new Set();
    running = new AbortController();
    if ([...paths].some((path) => /[/\\]node_modules(?:[/\\]|$)/.test(path))) await pipeline.watching.renew();
    else await pipeline.watching.refresh();
    const started = performance.now();
    const round = await runOnce(pipeline, options, running.signal).catch(async (error: unknown) => {
      if (running.signal.aborted) return null;
      // Whatever was open may be the reason.
      await pipeline.watching.renew();
      return failed(error, options.cwd);
    });
    if (round !== null) {
      // What changed between being read and being watched shows when it is read again.
      if (await watcher.use(round.inputs)) changed.add("");
      const { written } = round;
      const isNew = written !== null && [...written.wanted, ...written.leftover].some(isChange);
      // Files that were only touched, or that nothing is made of, change no screen.
      const shown = JSON.stringify([round.inputs.revision, round.diagnostics, written === null]);
      if (isFirst || isNew || shown !== last)
        await showRound({ ...round, milliseconds: performance.now() - started }, terminal, options.quiet);
      last = shown;
      if (written !== null && (isFirst || isNew)) followUp?.run();
      if (changed.size === 0) void pipeline.watching.standBy(round.loaded).catch(() => {});
    }
    if (changed.size === 0)
      await new Promise<void>((done) => {
        wake = done;
      });
  }
}

interface Generated extends Omit<Round, "milliseconds"> {
  readonly loaded: LoadedConfig | null;
  readonly inputs: Awaited<ReturnType<Pipeline["watching"]["inputs"]>>;
}

const isChange = ({ kind }: { readonly kind: string }): boolean => kind !== "unchanged";

async function runOnce(pipeline: Pipeline, options: WatchOptions, signal: AbortSignal): Promise<Generated> {
  const result = await load(pipeline, options);
  if (!result.ok) {
    const { diagnostics, root } = result;
    const folder = options.config === undefined ? options.cwd : dirname(resolve(options.cwd, options.config));
    const inputs = { folders: [folder], trees: [], revision: "" };
    return { diagnostics, root, loaded: null, written: null, queries: 0, inputs };
  }
  const { loaded } = result;
  const { root } = loaded;
  const targeted = withTarget(loaded);
  const common = { root, loaded: targeted };
  if (targeted === null) {
    const inputs = await pipeline.watching.inputs(loaded);
    return { ...common, diagnostics: [noTarget(loaded)], written: null, queries: 0, inputs };
  }
  // What is kept for the next run is written while one looks at this one's.
  const prepared = await prepare(pipeline, targeted, { cache: options.cache, signal, meanwhile: () => {} });
  const { queries, plan } = prepared;
  const problem = exitCodeOf(plan.diagnostics) === EXIT.fine ? await write(plan, root) : null;
  const diagnostics: readonly Diagnostic[] = problem === null ? plan.diagnostics : [problem];
  const written = exitCodeOf(diagnostics) === EXIT.fine ? plan : null;
  return { ...common, diagnostics, written, queries, inputs: await pipeline.watching.inputs(targeted) };
}

/** Writes what kept the output from being written, or null. */
async function write(plan: OutputPlan, root: string): Promise<Diagnostic | null> {
  const { writeOutput } = await import("../../output/write.ts");
  try {
    await writeOutput(plan);
    return null;
  } catch (error) {
    return unwritable(error, root);
  }
}

function failed(error: unknown, cwd: string): Generated {
  const diagnostic: Diagnostic = { code: "internal-error", severity: "error", message: messageOf(error) };
  const inputs = { folders: [cwd], trees: [], revision: "" };
  return { diagnostics: [diagnostic], root: cwd, loaded: null, written: null, queries: 0, inputs };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
