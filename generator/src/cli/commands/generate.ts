import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Comparison } from "../../output/compare.ts";
import type { FileSystem } from "../../output/file-system.ts";
import type { OutputPlan } from "../../output/plan.ts";
import type { WriteResult } from "../../output/write.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import { loadOrReport } from "../load-or-report.ts";
import type { AnalyzeOptions, LoadedConfig, Pipeline } from "../pipeline.ts";
import { produce } from "../produce.ts";
import { startProgress } from "../progress.ts";
import { report } from "../report.ts";
import { summarize, upToDate } from "../summary.ts";
import type { Terminal } from "../terminal.ts";

export interface GenerateOptions extends GlobalOptions {
  readonly check: boolean;
  readonly cache: boolean;
}

export async function generate(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GenerateOptions,
): Promise<number> {
  if (options.cache) await pipeline.startEarly(options.config, options.cwd);
  const known = options.cache ? await pipeline.recallConfig(options.config, options.cwd) : null;
  const loaded = known ?? (await loadOrReport(pipeline, terminal, options));
  if (loaded === null) return EXIT.usage;
  const targeted = withTarget(loaded);
  if (targeted === null) {
    await report([noTarget(loaded)], loaded.root, terminal, options);
    return EXIT.usage;
  }

  const progress = startProgress(terminal);
  const keeping: Promise<void>[] = [];
  const { queries, plan } = await prepare(pipeline, targeted, {
    cache: options.cache,
    onProgress: progress.update,
    keepLater: (work) => keeping.push(work()),
    isLast: true,
  }).finally(progress.stop);
  try {
    return await conclude(queries, plan, loaded, terminal, options);
  } finally {
    await Promise.all(keeping);
  }
}

/** Compares or writes, and says what came of it. */
async function conclude(
  queries: number,
  plan: OutputPlan,
  loaded: LoadedConfig,
  terminal: Terminal,
  options: GenerateOptions,
): Promise<number> {
  const code = exitCodeOf(plan.diagnostics);
  const comparison = options.check && code === EXIT.fine ? await compare(plan) : null;
  if (comparison !== null && comparison.diff !== "")
    return stale(comparison, plan, loaded.root, terminal, options);
  await report(plan.diagnostics, loaded.root, terminal, options);
  if (code !== EXIT.fine) {
    if (!options.check) terminal.note("nothing was written\n");
    return code;
  }

  if (!options.check) return write(plan, queries, loaded, terminal, options);
  terminal.note(`${upToDate(plan.wanted.length, queries)}\n`);
  return EXIT.fine;
}

/** Finds what is wrong with the input or stale on disk, nothing written or printed; null where nothing is asked for. */
export async function checkOutput(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  options: {
    readonly cache: boolean;
    readonly onProgress: (done: number, total: number, what: string) => void;
  },
): Promise<Diagnostic[] | null> {
  const targeted = withTarget(loaded);
  if (targeted === null) return null;
  const { plan } = await prepare(pipeline, targeted, options);
  if (exitCodeOf(plan.diagnostics) !== EXIT.fine) return [...plan.diagnostics];
  return [...plan.diagnostics, ...staleFiles(await compare(plan))];
}

/** The configuration's entries that ask for anything that is made here; null where there are none. */
export function withTarget(loaded: LoadedConfig): LoadedConfig | null {
  const querySets = loaded.config.querySets.filter(
    ({ typescript, plugins, json }) => typescript !== null || plugins.length > 0 || json !== null,
  );
  return querySets.length === 0 ? null : { ...loaded, config: { ...loaded.config, querySets } };
}

export function noTarget(loaded: LoadedConfig): Diagnostic {
  return {
    code: "config-no-target",
    severity: "error",
    message: `no entry of ${loaded.file} asks for TypeScript or a plugin`,
    hint: 'Add `options: { solitude-gen: { typescript: { out: "src/db" } } }`, which sqlc leaves alone; `solitude-gen init` shows how.',
  };
}

/**
 * Everything up to the plan of what to write; the plan carries the diagnostics of all steps.
 * @param options `disk`: what the plan is compared with, where it is not to be read as a whole
 */
export async function prepare(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  options: AnalyzeOptions & { readonly disk?: FileSystem },
): Promise<{ queries: number; plan: OutputPlan }> {
  const { sets, queries, diagnostics } = await produce(pipeline, loaded, options);
  if (exitCodeOf(diagnostics) !== EXIT.fine)
    return { queries, plan: { folders: [], wanted: [], leftover: [], diagnostics } };
  const { planOutput } = await import("../../output/plan.ts");
  const plan = await planOutput(sets, loaded.root, options.disk);
  return { queries, plan: { ...plan, diagnostics: [...diagnostics, ...plan.diagnostics] } };
}

async function write(
  plan: OutputPlan,
  queries: number,
  loaded: LoadedConfig,
  terminal: Terminal,
  options: GenerateOptions,
): Promise<number> {
  const { writeOutput } = await import("../../output/write.ts");
  let result: WriteResult;
  try {
    result = await writeOutput(plan);
  } catch (error) {
    await report([await unwritable(error, loaded.root)], loaded.root, terminal, options);
    return EXIT.usage;
  }
  terminal.note(`${summarize(result, queries)}\n`);
  return EXIT.fine;
}

/** Says why the output could not be written. @throws what is no failure of the file system's */
export async function unwritable(error: unknown, root: string): Promise<Diagnostic> {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  const { reasonOf } = await import("../../diagnostics/file-problem.ts");
  const { relative } = await import("node:path");
  // A temporary file's name says nothing to anybody.
  const place =
    path &&
    relative(root, path)
      .replace(/\.[^/]*\.tmp$/, "")
      .replace(/\/\./, "/");
  return {
    code: "output-unwritable",
    severity: "error",
    message: `cannot write ${place ?? "the output"}: ${reasonOf(error)}`,
    hint: "Look at `out` in the configuration, and at who may write there.",
  };
}

async function compare(plan: OutputPlan): Promise<Comparison> {
  return (await import("../../output/compare.ts")).compareOutput(plan);
}

async function stale(
  comparison: Comparison,
  plan: OutputPlan,
  root: string,
  terminal: Terminal,
  options: GenerateOptions,
): Promise<number> {
  const { paintDiff } = await import("../paint-diff.ts");
  const { diff } = comparison;
  // Standard output is the report's where one goes there.
  if (options.reports.every(({ file }) => file !== null))
    await terminal.out(terminal.outColor ? paintDiff(diff) : diff);
  await report([...plan.diagnostics, ...staleFiles(comparison)], root, terminal, options);
  return EXIT.problems;
}

function staleFiles({ missing, changed, leftover }: Comparison): Diagnostic[] {
  const lists: [string, readonly string[]][] = [
    ["is missing", missing],
    ["is not what the schema and queries ask for", changed],
    ["is left over", leftover],
  ];
  const all = lists.flatMap(([what, names]) => names.map((file) => ({ file, message: `${file} ${what}` })));
  return all.map(({ file, message }, i) => ({
    code: "output-stale",
    severity: "error",
    message,
    // Once is enough.
    ...(i === all.length - 1 ? { hint: "Run `solitude-gen generate` and commit the result." } : {}),
    span: { file, start: 0, end: 0 },
  }));
}
