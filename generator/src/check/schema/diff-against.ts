import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Project } from "../../project/project.ts";
import { withBase } from "../base/base.ts";
import { ofBase } from "../base/of-base.ts";
import { type DiffOptions, diffSchemas, isMigrationWanted, type SchemaDiff } from "./diff.ts";

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
  project: Project,
  cwd: string,
  options: DiffOptions,
): Promise<DiffAgainst> {
  return withBase(against, project, cwd, async (base) => {
    const { diffs, diagnostics, baseDiagnostics } = await diffSchemas(project, base, options);
    // What is wrong in the base is not this change's doing; only who wants a migration from it cannot have one.
    const told = await Promise.all(
      baseDiagnostics.map(async (diagnostic): Promise<Diagnostic> => {
        const placed = await ofBase(diagnostic, base);
        return isMigrationWanted(options) || placed.severity !== "error"
          ? placed
          : { ...placed, severity: "warning" };
      }),
    );
    return { base: base.label, diffs, diagnostics: [...told, ...diagnostics] };
  });
}
