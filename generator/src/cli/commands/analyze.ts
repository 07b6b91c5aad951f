import { toJsonDiagnostics } from "../../diagnostics/json.ts";
import { SourceTexts } from "../../diagnostics/source-texts.ts";
import type { Analysis } from "../../model/analysis.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { type AnalysedQuery, type AnalysisDocument, analysedQueries } from "../analysis-document.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { collecting, type GlobalOptions, load } from "../load.ts";
import type { LoadedConfig, Pipeline, TypeNames } from "../pipeline.ts";
import { startProgress } from "../progress.ts";
import { readTextIn } from "../read-text.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export interface AnalyzeCommandOptions extends GlobalOptions {
  readonly json: boolean;
  /** Whether people are shown the statements of queries that adapt, which the JSON document has always. */
  readonly variants: boolean;
  readonly cache: boolean;
}

export async function analyze(
  pipeline: Pipeline,
  terminal: Terminal,
  options: AnalyzeCommandOptions,
): Promise<number> {
  const result = await load(pipeline, options);
  if (!result.ok) {
    await show([], result.diagnostics, result.root, terminal, options);
    // The document's readers are told by 1 that there is one; what stands in a file is input to them, configuration or not.
    return options.json && result.diagnostics.every((d) => d.span) ? EXIT.problems : EXIT.usage;
  }
  const { loaded } = result;
  const progress = startProgress(terminal);
  const analysis = await collecting<Analysis>(
    () => pipeline.analyze(loaded, { cache: options.cache, onProgress: progress.update }),
    (diagnostics) => ({ querySets: [], diagnostics }),
  ).finally(progress.stop);
  const names = await typeNamesOf(pipeline, loaded, analysis);
  const queries = analysedQueries(
    analysis,
    (set) => names.get(set.index)!,
    new SourceTexts(readTextIn(loaded.root)),
  );
  await show(queries, analysis.diagnostics, loaded.root, terminal, options);
  return exitCodeOf(analysis.diagnostics);
}

/** The TypeScript types of each query set, by its index. */
export async function typeNamesOf(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  analysis: Analysis,
): Promise<Map<number, TypeNames>> {
  const names = new Map<number, TypeNames>();
  for (const set of analysis.querySets) {
    const target = loaded.config.querySets.find((entry) => entry.index === set.index)?.typescript;
    names.set(set.index, await pipeline.typeNames(set, target?.options ?? null));
  }
  return names;
}

async function show(
  queries: readonly AnalysedQuery[],
  diagnostics: readonly Diagnostic[],
  root: string,
  terminal: Terminal,
  options: AnalyzeCommandOptions,
): Promise<void> {
  if (options.json) {
    const document: AnalysisDocument = {
      version: 1,
      queries,
      diagnostics: toJsonDiagnostics(diagnostics, readTextIn(root)),
    };
    await terminal.out(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const { renderAnalysis } = await import("../analysis-table.ts");
  await terminal.out(renderAnalysis(queries, { color: terminal.outColor, variants: options.variants }));
  await report(diagnostics, root, terminal, options);
}
