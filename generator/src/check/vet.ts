import { NEWER_THAN_TARGET } from "../analysis/newer-than-target.ts";
import type { Config } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { nearest } from "../diagnostics/suggestion.ts";
import type { Analysis } from "../model/analysis.ts";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import { inFiles, type SchemaFile } from "../model/source.ts";
import type { Entry } from "../project/entry.ts";
import type { Project } from "../project/project.ts";
import type { CompiledRules } from "./cel/sqlc-rules.ts";
import { changesSince, EVERYTHING } from "./changes.ts";
import { findAll } from "./find-all.ts";
import { Baseline, type BaselineFinding, staleBaseline, writeBaseline } from "./findings/baseline.ts";
import type { Found } from "./findings/found.ts";
import { ignorableFiles } from "./findings/ignorable-files.ts";
import { Ignores } from "./findings/ignores.ts";
import { chooseBaseline } from "./findings/overlook.ts";
import { RULES } from "./rules/registry.ts";
import { severityOf } from "./rules/severity.ts";

export interface VetRun {
  /**
   * Vet only what is new or changed against a git revision or a folder; undefined for where this branch began, null for
   * everything.
   */
  readonly against: string | undefined | null;
  /** The working folder, which a folder to compare with is relative to. */
  readonly cwd: string;
  /** A baseline file, absolute; null for the configuration's, if any. */
  readonly baseline: string | null;
  /** Write what is found into the baseline file in place of reporting it. */
  readonly writeBaseline: boolean;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

export interface VetResult {
  readonly diagnostics: readonly Diagnostic[];
  /** Of findings among them, what was seen: a line each. */
  readonly evidence: ReadonlyMap<Diagnostic, readonly string[]>;
  /** How many findings went into the baseline, with `writeBaseline`. */
  readonly written: number | null;
}

/** Compiles the rules in CEL, whose interpreter takes longer to load than all other rules to judge: most projects have none. */
async function compiledRules(config: Config): Promise<CompiledRules> {
  const isNeeded = config.vet.rules.length > 0 || config.querySets.some(({ rules }) => rules.length > 0);
  if (!isNeeded) return { rules: new Map(), diagnostics: [] };
  const { compileRules } = await import("./cel/sqlc-rules.ts");
  return compileRules(config);
}

/** Judges the queries and migrations of every query set by all rules that are not off. */
export async function vet(
  loaded: Project,
  run: VetRun,
  analyze: (project: Project) => Promise<Analysis>,
): Promise<VetResult> {
  const { config } = loaded;
  const compiled = await compiledRules(config);
  const wrong = [...unknownRules(loaded), ...compiled.diagnostics];
  if (wrong.length > 0) throw new DiagnosticError(wrong);
  const { path, isNamed } = chooseBaseline(run.baseline, loaded);
  const hasBaseline = isNamed && !run.writeBaseline;
  const baseline = hasBaseline ? await Baseline.read(path, path) : Baseline.empty();

  const changes = run.against === null ? EVERYTHING : await changesSince(run.against, loaded, run.cwd);
  const entries = await Promise.all(
    config.querySets.map(async (set): Promise<Entry> => ({ set, source: await loaded.source(set) })),
  );
  const { found, analysis } = await findAll(loaded, entries, () => analyze(loaded), compiled, changes);

  const known = new Set([...RULES.keys(), ...config.vet.rules.map((rule) => rule.name), "sqlc/db-prepare"]);
  const schema = entries.flatMap(({ source }) => source.schema);
  const ignores = new Ignores(await ignorableFiles(loaded.files, entries, changes), known);
  const open = found.filter(
    (item) => severityOf(item.code, config.vet.options.rules) !== "off" && !ignores.covers(item),
  );
  if (run.writeBaseline) {
    await writeBaseline(path, ["vet"], open.map(asBaselineFinding));
    return {
      diagnostics: withoutFindings(analysis, ignores, schema),
      evidence: new Map(),
      written: open.length,
    };
  }
  const shown = open.filter((item) => !baseline.covers(asBaselineFinding(item)));
  const findings = inFiles(
    shown.map((item) => toDiagnostic(item, loaded)),
    schema,
  );
  const left = baseline.stale(["vet"]);
  const stale = left > 0 && run.against === null ? [staleBaseline(left)] : [];
  return {
    diagnostics: [...inOrder([...withoutFindings(analysis, ignores, schema), ...findings]), ...stale],
    evidence: new Map(findings.map((finding, i) => [finding, shown[i]!.evidence ?? []])),
    written: null,
  };
}

function asBaselineFinding({ code, span, statement }: Found): BaselineFinding {
  return { code, file: span.file, text: statement };
}

function withoutFindings(analysis: Analysis, ignores: Ignores, schema: readonly SchemaFile[]): Diagnostic[] {
  // A rule finds those.
  const told = analysis.diagnostics.filter(({ code }) => code !== NEWER_THAN_TARGET);
  return [...told, ...inFiles(ignores.diagnostics(), schema)];
}

function toDiagnostic({ code, message, hint, span, edits }: Found, loaded: LoadedConfig): Diagnostic {
  const rule = RULES.get(code);
  const shown = hint ?? rule?.mend;
  return {
    code,
    severity: severityOf(code, loaded.config.vet.options.rules) as Diagnostic["severity"],
    message,
    ...(shown !== undefined && { hint: shown }),
    ...(rule && { docs: `docs/rules/${code}.md` }),
    ...(edits && { edits }),
    span,
  };
}

function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    const left = a.span?.file ?? "";
    const right = b.span?.file ?? "";
    if (left !== right) return left < right ? -1 : 1;
    return (a.span?.start ?? 0) - (b.span?.start ?? 0);
  });
}

function unknownRules({ config }: LoadedConfig): Diagnostic[] {
  const own = config.vet.rules.map((rule) => rule.name);
  const known = [...RULES.keys(), ...own, "sqlc/db-prepare"];
  return Object.keys(config.vet.options.rules)
    .filter((code) => !known.includes(code))
    .map((code) => {
      const meant = nearest(code, known);
      return {
        code: "config-rule",
        severity: "error",
        message: `there is no rule "${code}"`,
        hint: meant ? `Did you mean "${meant}"?` : "`solitude-gen vet --list` shows all rules.",
        span: config.vet.severitySpans[code]!,
      };
    });
}
