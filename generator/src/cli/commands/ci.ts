import type { CheckOutcome, Summary } from "../../check/ci/summary.ts";
import type { DiffAgainst } from "../../check/schema/diff-against.ts";
import type { Diagnostic, Severity } from "../../model/diagnostic.ts";
import { tellWritten, throughBaseline } from "../baseline.ts";
import { EXIT, exitCodeOf, failsFrom } from "../exit-codes.ts";
import type { LoadedConfig, Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";
import {
  application,
  type Checked,
  type CiRun,
  generatedCode,
  liveServer,
  rollOut,
  rules,
  schemaChanges,
} from "./ci-checks.ts";
import { type CiOptions, type CiSettings, ciSettings } from "./ci-settings.ts";

/** Every check of a pull request in one run, with one report and one exit code. */
export async function ci(pipeline: Pipeline, terminal: Terminal, options: CiOptions): Promise<number> {
  const ran = await runStep(pipeline, terminal, options, async (loaded, onProgress) => {
    const settings = ciSettings(loaded, options);
    const run = { pipeline, loaded, options, settings, onProgress };
    const schema = await schemaOf(run);
    const checked = await checkAll(run, schema);
    const plans = checked.flatMap((one) => one.plans ?? []);
    return { settings, schema, plans, ...(await withoutKnown(checked, loaded, options)) };
  });
  if (!ran.ok) return ran.code;
  const { settings, schema, plans, outcomes, written } = ran.value;
  const { foldCauses, foldRefusals } = await import("../../check/ci/fold.ts");
  const folded = foldCauses(foldRefusals(distinct(ran.value.diagnostics)), changedFiles(schema));
  const diagnostics = worstFirst(folded);
  const summary: Summary = {
    base: schema?.base ?? null,
    checks: outcomes,
    diffs: settings.runs("diff") ? (schema?.diffs ?? []) : [],
    // Of a roll-out that is as one wants it there is nothing to be planned.
    plans: outcomes.some(({ name, status }) => name === "roll-out" && status === "failed") ? plans : [],
  };
  await show(summary, terminal, settings);
  const { markdownSummary } = await import("../../check/ci/summary.ts");
  const { reports } = settings;
  const { before: markdown, after: markdownEnd } = markdownSummary(summary);
  await report(diagnostics, ran.loaded.root, terminal, {
    ...options,
    reports,
    markdown,
    markdownEnd,
    failOn: settings.failOn,
  });
  tellWritten(written, terminal);
  return failsFrom(diagnostics, settings.failOn);
}

/** Reads the base, once for all that compare with it: also that there is none. */
async function schemaOf({ pipeline, loaded, options, settings }: CiRun): Promise<DiffAgainst | null> {
  const { runs, projects, against, cwd } = settings;
  const isCompared =
    runs("diff") ||
    runs("verify") ||
    runs("vet") ||
    (runs("impact") && projects.length > 0) ||
    settings.database !== null;
  if (!isCompared) return null;
  return pipeline.diff(against, loaded, cwd, {
    cache: options.cache,
    migration: runs("verify") ? "where renamed" : "none",
  });
}

async function checkAll(run: CiRun, schema: DiffAgainst | null): Promise<Checked[]> {
  const { runs, projects, database } = run.settings;
  const checked: Checked[] = [];
  if (runs("generate")) checked.push(await generatedCode(run));
  if (schema === null) return checked;
  const isBroken = exitCodeOf(schema.diagnostics) !== EXIT.fine;
  // What is wrong with a schema is told whatever was asked for: nothing else can be.
  if (runs("diff") || isBroken) checked.push(schemaChanges(schema));
  if (isBroken) return checked;
  if (runs("verify")) checked.push(await rollOut(run));
  if (runs("vet")) checked.push(await rules(run));
  if (runs("impact")) for (const project of projects) checked.push(await application(run, project));
  if (database !== null) checked.push(await liveServer(run));
  return checked;
}

interface Judged {
  readonly outcomes: readonly CheckOutcome[];
  readonly diagnostics: readonly Diagnostic[];
  readonly written: number | null;
}

/** All checks' findings but those that the baseline has. */
async function withoutKnown(
  checked: readonly Checked[],
  loaded: LoadedConfig,
  options: CiOptions,
): Promise<Judged> {
  const owners = new Set(checked.flatMap(({ owner }) => owner ?? []));
  const all = checked.flatMap(({ diagnostics }) => diagnostics);
  const { diagnostics, written } = await throughBaseline(all, [...owners], loaded, options);
  const left = new Set(diagnostics);
  const outcomes = checked.map(({ name, outcome, isSkipped, diagnostics: own }): CheckOutcome => {
    const open = own.filter((diagnostic) => left.has(diagnostic));
    const has = (severity: Diagnostic["severity"]): boolean => open.some((d) => d.severity === severity);
    const status = isSkipped ? "skipped" : has("error") ? "failed" : has("warning") ? "warned" : "passed";
    return { name, status, outcome: outcome(open) };
  });
  return { outcomes, diagnostics, written };
}

async function show(summary: Summary, terminal: Terminal, { reports }: CiSettings): Promise<void> {
  // Standard output is the report's where one goes there.
  if (reports.some(({ file }) => file === null)) return;
  const { renderSummary } = await import("../../check/ci/summary.ts");
  await terminal.tell(renderSummary(summary));
}

/** Leaves out what was said already: what is wrong with the schema or a query is found by every check. */
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

/** The files in which changes of the schema stand. */
const changedFiles = (schema: DiffAgainst | null): ReadonlySet<string> =>
  new Set(
    (schema?.diffs ?? []).flatMap(({ changes }) => changes.flatMap(({ near }) => near?.span.file ?? [])),
  );

/** Sorts by severity, and else as they came. */
const worstFirst = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  [...diagnostics].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));

const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];
