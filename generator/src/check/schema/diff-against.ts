import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import { SourceTexts } from "../../diagnostics/source-texts.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { withBase } from "../base/base.ts";
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
    const told = baseDiagnostics.map((diagnostic) => ofBase(diagnostic, base.label, root));
    return { base: base.label, diffs, diagnostics: [...told, ...diagnostics] };
  });
}

/** The other side's files are gone, or not the user's, when the diagnostic is read: its place becomes text. */
function ofBase({ span, ...diagnostic }: Diagnostic, label: string, root: string): Diagnostic {
  const texts = new SourceTexts((file) => {
    try {
      return readFileSync(resolve(root, file), "utf8");
    } catch {
      return undefined;
    }
  });
  const line = span && texts.lines(span.file)?.position(span.start).line;
  const place = span === undefined ? "" : `, ${span.file}${line === undefined ? "" : `:${line}`}`;
  return { ...diagnostic, message: `in ${label}${place}: ${diagnostic.message}` };
}
