import type { LoadedConfig } from "../../config/load.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { withBase } from "../base/base.ts";
import { ofBase } from "../base/of-base.ts";
import { type DiffOptions, diffSchemas, type SchemaDiff } from "./diff.ts";

export interface DiffAgainst {
  /** How to name the other side to people. */
  readonly base: string;
  readonly diffs: readonly SchemaDiff[];
  /** Of both sides; those of the other say so. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares the project's schemas with those of a git revision, a folder or a database. */
export function diffAgainst(
  against: string | undefined,
  loaded: LoadedConfig,
  cwd: string,
  options: DiffOptions,
): Promise<DiffAgainst> {
  return withBase(against, loaded, cwd, async (base) => {
    const { diffs, diagnostics, baseDiagnostics } = await diffSchemas(loaded, base, options);
    const root = base.kind === "database" ? loaded.root : base.loaded.root;
    // What is wrong in the base is not this change's doing; only who wants a migration from it cannot have one.
    const told = baseDiagnostics.map((diagnostic): Diagnostic => {
      const placed = ofBase(diagnostic, { label: base.label, root });
      return options.migration || placed.severity !== "error" ? placed : { ...placed, severity: "warning" };
    });
    return { base: base.label, diffs, diagnostics: [...told, ...diagnostics] };
  });
}
