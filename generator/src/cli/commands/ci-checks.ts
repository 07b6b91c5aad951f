import { resolve } from "node:path";
import type { CheckOutcome } from "../../check/ci/summary.ts";
import type { BaselineOwner } from "../../check/findings/baseline.ts";
import type { DiffAgainst } from "../../check/schema/diff-against.ts";
import type { RollOutPlan } from "../../check/verify/plan/model.ts";
import { countSeverities } from "../../diagnostics/pretty.ts";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import type { LoadedConfig, Pipeline } from "../pipeline.ts";
import type { OnProgress } from "../run-step.ts";
import type { CiOptions, CiSettings, Project } from "./ci-settings.ts";
import { checkOutput } from "./generate.ts";

/** A check that was made, before the baseline is looked at. */
export interface Checked {
  readonly name: CheckOutcome["name"];
  readonly diagnostics: readonly Diagnostic[];
  /** What came out, in a few words, for those findings that the baseline leaves. */
  readonly outcome: (diagnostics: readonly Diagnostic[]) => string;
  readonly isSkipped?: boolean;
  /** How to roll the change out in steps, where one of two is not enough. */
  readonly plans?: readonly RollOutPlan[];
  /** Whose part of the baseline it has looked at; absent where it has none, or looks itself. */
  readonly owner?: BaselineOwner;
}

export interface CiRun {
  readonly pipeline: Pipeline;
  readonly loaded: LoadedConfig;
  readonly options: CiOptions;
  readonly settings: CiSettings;
  readonly onProgress: OnProgress;
}

function skipped(name: Checked["name"], why: string, diagnostics: readonly Diagnostic[] = []): Checked {
  return { name, diagnostics, outcome: () => why, isSkipped: true };
}

export async function generatedCode({ pipeline, loaded, options, onProgress }: CiRun): Promise<Checked> {
  const all = await checkOutput(pipeline, loaded, { ...options, onProgress });
  if (all === null) return skipped("generated code", "none is asked for");
  // Which rows a query may give is for the rules to say, once.
  const diagnostics = all.filter(
    ({ code, severity }) => severity !== "info" || code !== "one-may-return-many",
  );
  const outcome = (): string => {
    const stale = all.filter(({ code }) => code === "output-stale").length;
    if (stale > 0) return `${stale} ${stale === 1 ? "file is" : "files are"} stale`;
    return exitCodeOf(diagnostics) === EXIT.fine ? "current" : "could not be generated";
  };
  return { name: "generated code", diagnostics: staleOnce(diagnostics), outcome };
}

/** Code that was not generated anew is one thing, however many files it is. */
function staleOnce(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const isStale = ({ code }: Diagnostic): boolean => code === "output-stale";
  const stale = diagnostics.filter(isStale);
  const [first, ...others] = stale;
  if (first === undefined || others.length === 0) return [...diagnostics];
  const hint = stale.at(-1)?.hint;
  const whole: Diagnostic = {
    ...first,
    ...(hint !== undefined && { hint }),
    message: `${stale.length} generated files are not current: ${first.message}`,
    related: others.flatMap(({ message, span }) => (span === undefined ? [] : [{ message, span }])),
  };
  return [whole, ...diagnostics.filter((diagnostic) => !isStale(diagnostic))];
}

export function schemaChanges({ diffs, diagnostics }: DiffAgainst): Checked {
  const counts = { added: 0, removed: 0, changed: 0, renamed: 0 };
  for (const { changes } of diffs) for (const { change } of changes) counts[change]++;
  const parts = Object.entries(counts).flatMap(([what, n]) => (n === 0 ? [] : [`${n} ${what}`]));
  const isBroken = exitCodeOf(diagnostics) !== EXIT.fine;
  const outcome = isBroken ? "could not be compared" : parts.join(", ") || "unchanged";
  return { name: "schema", diagnostics, outcome: () => outcome };
}

export async function rollOut({ pipeline, loaded, options, settings, onProgress }: CiRun): Promise<Checked> {
  const { against, cwd, order, role } = settings;
  try {
    const run = { cache: options.cache, against, cwd, order, role, onProgress };
    const { verdict, diagnostics } = await pipeline.verify(loaded, run);
    const { sentence } = await import("../../check/verify/verify.ts");
    const outcome = verdict === null ? "could not be tried" : sentence(verdict);
    const plans = verdict?.plans ?? [];
    return { name: "roll-out", diagnostics, outcome: () => outcome, plans, owner: "verify" };
  } catch (error) {
    // A folder of schema files has no queries that could be deployed.
    if (!(error instanceof DiagnosticError) || error.diagnostics[0]?.code !== "base-without-queries")
      throw error;
    return skipped("roll-out", "the base has no queries");
  }
}

export async function rules({ pipeline, loaded, options, settings, onProgress }: CiRun): Promise<Checked> {
  const { diagnostics, written } = await pipeline.vet(loaded, {
    cache: options.cache,
    against: settings.against,
    cwd: settings.cwd,
    baseline: options.baseline === null ? null : resolve(options.cwd, options.baseline),
    writeBaseline: options.writeBaseline,
    onProgress,
  });
  const outcome = (): string =>
    written === null ? countSeverities(diagnostics) || "nothing found" : `${written} in the baseline`;
  return { name: "rules", diagnostics, outcome };
}

export async function application(run: CiRun, { tsconfig, label }: Project): Promise<Checked> {
  const { pipeline, loaded, options, settings, onProgress } = run;
  const { against, cwd } = settings;
  const diagnostics = await pipeline.impact(loaded, {
    cache: options.cache,
    against,
    cwd,
    tsconfig,
    onProgress,
  });
  const outcome = (left: readonly Diagnostic[]): string => {
    const count = (code: string): number => left.filter((diagnostic) => diagnostic.code === code).length;
    const [broken, uses] = [count("impact-compile"), count("impact-use")];
    return left.length === 0
      ? `${label}: not concerned`
      : `${label}: ${broken} ${broken === 1 ? "place does" : "places do"} not compile, ${uses} use what has changed`;
  };
  return { name: "application", diagnostics, outcome, owner: "impact" };
}

export async function liveServer(run: CiRun): Promise<Checked> {
  const { pipeline, loaded, options, settings, onProgress } = run;
  const { uri, diagnostics: why } = settings.database!;
  if (uri === null) return skipped("live server", "its address is not set", why);
  const { against, cwd } = settings;
  try {
    const { live, diagnostics } = await pipeline.live(loaded, {
      cache: options.cache,
      against,
      cwd,
      uri,
      onProgress,
    });
    const { liveSentence } = await import("../../check/live/render.ts");
    const outcome = live === null ? "could not be checked" : liveSentence(live);
    return { name: "live server", diagnostics, outcome: () => outcome, owner: "live" };
  } catch (error) {
    // What the other checks have found is worth telling all the same.
    if (!(error instanceof DiagnosticError)) throw error;
    const { diagnostics } = error;
    return { name: "live server", diagnostics, outcome: () => "could not be checked" };
  }
}
