import { resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import {
  Baseline,
  type BaselineFinding,
  type BaselineOwner,
  ownerOf,
  staleBaseline,
  writeBaseline,
} from "./baseline.ts";

/** Where a baseline is written when nothing says otherwise. */
const BASELINE = "vet-baseline.json";

/** The baseline file of a run. */
export interface BaselineChoice {
  /** Absolute. */
  readonly path: string;
  /** False where it is merely where one would be written. */
  readonly isNamed: boolean;
}

/** The file that the command line names, absolute, or else the configuration: one for all checks. */
export function chooseBaseline(named: string | null, { root, config }: LoadedConfig): BaselineChoice {
  const configured = config.vet.options.baseline ?? config.ci.settings.baseline;
  return {
    path: named ?? resolve(root, configured ?? BASELINE),
    isNamed: named !== null || configured !== undefined,
  };
}

export interface Overlooked {
  readonly diagnostics: readonly Diagnostic[];
  /** How many findings went into the baseline; null where none was written. */
  readonly written: number | null;
}

/**
 * Leaves out what the baseline has, or writes the findings into it. What other checks or the analysis found is neither.
 * @param owners whose findings these are
 * @throws DiagnosticError `config-baseline` where the file cannot be read
 */
export async function overlook(
  diagnostics: readonly Diagnostic[],
  owners: readonly BaselineOwner[],
  { path, isNamed }: BaselineChoice,
  isWriting: boolean,
): Promise<Overlooked> {
  const isOwn = ({ code }: Diagnostic): boolean => owners.includes(ownerOf(code)) && !isFailure(code);
  if (isWriting) {
    const own = diagnostics.filter(isOwn);
    await writeBaseline(path, owners, own.map(asBaselineFinding));
    return { diagnostics: diagnostics.filter((one) => !isOwn(one)), written: own.length };
  }
  if (!isNamed) return { diagnostics, written: null };
  const baseline = await Baseline.read(path, path);
  const left = diagnostics.filter((one) => !isOwn(one) || !baseline.covers(asBaselineFinding(one)));
  const stale = baseline.stale(owners);
  return { diagnostics: stale > 0 ? [...left, staleBaseline(stale)] : left, written: null };
}

/** What was not done is not to be overlooked. */
const NOT_DONE: ReadonlySet<string> = new Set([
  "impact-project-missing",
  "live-not-compared",
  "live-untried",
]);
const isFailure = (code: string): boolean => NOT_DONE.has(code);

function asBaselineFinding({ code, span, message, identity }: Diagnostic): BaselineFinding {
  return { code, file: span?.file ?? "", text: identity ?? message };
}
