import { resolve } from "node:path";
import type { CheckOutcome, Summary } from "../../check/ci/summary.ts";
import type { DiffAgainst } from "../../check/schema/diff-against.ts";
import type { Order } from "../../check/verify/order.ts";
import { countSeverities } from "../../diagnostics/pretty.ts";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";
import { EXIT, exitCodeOf, type FailOn, failsFrom } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { LoadedConfig, Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { type OnProgress, runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";
import { checkOutput } from "./generate.ts";

export interface CiOptions extends GlobalOptions {
  readonly against: string | undefined;
  readonly order: Order | null;
  /** Applications' TypeScript projects, relative to the working folder. */
  readonly projects: readonly string[];
  readonly failOn: FailOn;
  readonly baseline: string | null;
  readonly cache: boolean;
}

interface Checked {
  readonly check: CheckOutcome;
  readonly diagnostics: readonly Diagnostic[];
}

/** Every check of a pull request in one run, with one report and one exit code. */
export async function ci(pipeline: Pipeline, terminal: Terminal, options: CiOptions): Promise<number> {
  const ran = await runStep(pipeline, terminal, options, async (loaded, onProgress) => {
    const run = { ...options, onProgress };
    const checked: Checked[] = [await generatedCode(pipeline, loaded, run)];
    // What the base is, or that there is none, is the same for all of them.
    const schema = await pipeline.diff(options.against, loaded, options.cwd, {
      cache: options.cache,
      migration: false,
    });
    checked.push(schemaChanges(schema));
    if (exitCodeOf(schema.diagnostics) === EXIT.fine) {
      checked.push(await rollOut(pipeline, loaded, run));
      checked.push(await rules(pipeline, loaded, run));
      for (const project of options.projects) checked.push(await application(pipeline, loaded, project, run));
    }
    return { schema, checked };
  });
  if (!ran.ok) return ran.code;
  const { schema, checked } = ran.value;
  const diagnostics = distinct(checked.flatMap((one) => one.diagnostics));
  const summary: Summary = {
    base: schema.base,
    checks: checked.map((one) => one.check),
    diffs: schema.diffs,
  };
  await show(summary, terminal, options);
  const { markdownSummary } = await import("../../check/ci/summary.ts");
  await report(diagnostics, ran.loaded.root, terminal, { ...options, markdown: markdownSummary(summary) });
  return failsFrom(diagnostics, options.failOn);
}

async function show(summary: Summary, terminal: Terminal, { reports }: CiOptions): Promise<void> {
  // Standard output is the report's where one goes there.
  if (reports.some(({ file }) => file === null)) return;
  const { renderSummary } = await import("../../check/ci/summary.ts");
  await terminal.out(renderSummary(summary));
}

type Run = CiOptions & { readonly onProgress: OnProgress };

async function generatedCode(pipeline: Pipeline, loaded: LoadedConfig, run: Run): Promise<Checked> {
  const diagnostics = await checkOutput(pipeline, loaded, run);
  if (diagnostics === null) {
    return {
      check: { name: "generated code", status: "skipped", outcome: "none is asked for" },
      diagnostics: [],
    };
  }
  const stale = diagnostics.filter(({ code }) => code === "output-stale").length;
  const outcome = stale > 0 ? `${stale} ${stale === 1 ? "file is" : "files are"} stale` : "current";
  return checkedAs("generated code", outcome, diagnostics);
}

function schemaChanges({ diffs, diagnostics }: DiffAgainst): Checked {
  const counts = { added: 0, removed: 0, changed: 0, renamed: 0 };
  for (const { changes } of diffs) for (const { change } of changes) counts[change]++;
  const parts = Object.entries(counts).flatMap(([what, n]) => (n === 0 ? [] : [`${n} ${what}`]));
  return checkedAs("schema", parts.length === 0 ? "unchanged" : parts.join(", "), diagnostics);
}

async function rollOut(pipeline: Pipeline, loaded: LoadedConfig, run: Run): Promise<Checked> {
  try {
    const { verdict, diagnostics } = await pipeline.verify(loaded, run);
    const { sentence } = await import("../../check/verify/verify.ts");
    return checkedAs("roll-out", verdict === null ? "could not be tried" : sentence(verdict), diagnostics);
  } catch (error) {
    // A folder of schema files has no queries that could be deployed.
    if (!(error instanceof DiagnosticError) || error.diagnostics[0]?.code !== "base-without-queries")
      throw error;
    return {
      check: { name: "roll-out", status: "skipped", outcome: "the base has no queries" },
      diagnostics: [],
    };
  }
}

async function rules(pipeline: Pipeline, loaded: LoadedConfig, run: Run): Promise<Checked> {
  const { diagnostics } = await pipeline.vet(loaded, {
    cache: run.cache,
    against: run.against,
    cwd: run.cwd,
    baseline: run.baseline === null ? null : resolve(run.cwd, run.baseline),
    writeBaseline: false,
    onProgress: run.onProgress,
  });
  return checkedAs("rules", countSeverities(diagnostics) || "nothing found", diagnostics);
}

async function application(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  project: string,
  run: Run,
): Promise<Checked> {
  const diagnostics = await pipeline.impact(loaded, { ...run, tsconfig: resolve(run.cwd, project) });
  const count = (code: string): number => diagnostics.filter((diagnostic) => diagnostic.code === code).length;
  const [broken, uses] = [count("impact-compile"), count("impact-use")];
  const outcome =
    diagnostics.length === 0
      ? `${project}: not concerned`
      : `${project}: ${broken} ${broken === 1 ? "place does" : "places do"} not compile, ${uses} use what has changed`;
  return checkedAs("application", outcome, diagnostics);
}

function checkedAs(name: CheckOutcome["name"], outcome: string, diagnostics: readonly Diagnostic[]): Checked {
  const has = (severity: Diagnostic["severity"]): boolean => diagnostics.some((d) => d.severity === severity);
  const status = has("error") ? "failed" : has("warning") ? "warned" : "passed";
  return { check: { name, status, outcome }, diagnostics };
}

/** What is wrong with the schema or a query is found by every check. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((diagnostic) => {
    const { code, message, span } = diagnostic;
    const key = JSON.stringify([code, message, span]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
