import { setImmediate } from "node:timers/promises";
import type { Produced, ProducedSet } from "../cache/output-memory.ts";
import type { QuerySetConfig } from "../config/config.ts";
import type { Analysis, QuerySet } from "../model/analysis.ts";
import { COMMAND_UNSUPPORTED } from "../model/diagnostic.ts";
import type { Before } from "../model/emission.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { collecting } from "./load.ts";
import type { AnalyzeOptions, LoadedConfig, Pipeline } from "./pipeline.ts";

/** Gives what the configuration's files are to become, from what an earlier run kept where nothing has changed since. */
export async function produce(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  options: AnalyzeOptions,
): Promise<Produced> {
  // Whether a process answers as it did, only asking it can tell.
  if (!options.cache || loaded.config.querySets.some(hasProcess)) return make(pipeline, loaded, options);
  const files = await pipeline.readFiles(loaded, options);
  const known = await pipeline.recall(loaded, files);
  if (known !== null) return known;
  const made = await make(pipeline, loaded, { ...options, hasChanged: true }, () =>
    pipeline.recallLast(loaded),
  );
  // What is wrong is looked at anew, since it may be the machine's fault.
  if (exitCodeOf(made.diagnostics) === EXIT.fine) {
    const keep = await pipeline.keep(loaded, files, made);
    if (options.keepLater) options.keepLater(keep);
    else await keep();
  }
  return made;
}

const hasProcess = ({ plugins }: QuerySetConfig): boolean =>
  plugins.some(({ how }) => how.kind === "process");

/** @param recallLast gives what the last run made, of which what is the same still is not made again */
async function make(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  options: AnalyzeOptions,
  recallLast: () => Promise<Produced | null> = async () => null,
): Promise<Produced> {
  const [analysis, last] = await Promise.all([
    collecting<Analysis>(
      () => pipeline.analyze(loaded, options),
      (diagnostics) => ({ querySets: [], diagnostics }),
    ),
    // While the database starts there is time to read it.
    recallLast(),
  ]);
  const queries = analysis.querySets.reduce((sum, set) => sum + set.queries.length, 0);
  const diagnostics = analysis.diagnostics.map((d) =>
    d.code === COMMAND_UNSUPPORTED ? { ...d, severity: "error" as const } : d,
  );
  const sets: ProducedSet[] = [];
  const generated: QuerySet[] = [];
  // A query that failed would be missing from its file: then there is nothing to compare or write.
  if (exitCodeOf(diagnostics) === EXIT.fine) {
    await breath();
    for (const set of analysis.querySets) {
      const entry = loaded.config.querySets.find(({ index }) => index === set.index);
      if (entry && (entry.plugins.length > 0 || entry.json !== null)) {
        const found = await pipeline.runPlugins(set, entry, loaded, options);
        diagnostics.push(...found.diagnostics);
        sets.push(...found.sets);
      }
      const target = entry?.typescript;
      if (target === null || target === undefined) continue;
      const emitted = await collecting(
        () => pipeline.emit(set, target.options, emittedBefore(last, set)),
        (found) => ({ files: [], diagnostics: found }),
      );
      await breath();
      diagnostics.push(...emitted.diagnostics);
      generated.push(set);
      sets.push({
        index: set.index,
        out: target.out,
        files: emitted.files,
        ...(emitted.emission && { emission: emitted.emission }),
        ...(target.isOfPlugin && { replacesPlugin: true }),
      });
    }
  }
  diagnostics.push(...(await pipeline.severalRows(loaded, generated)));
  return { sets, queries, diagnostics };
}

/** Lets what has come be heard, Ctrl-C among it: the analysis, the writing and the keeping each go on for a while without a pause. */
const breath = (): Promise<void> => setImmediate();

function emittedBefore(last: Produced | null, { index }: QuerySet): Before | null {
  const set = last?.sets.find((one) => one.index === index && one.emission);
  return set?.emission ? { emission: set.emission, files: set.files } : null;
}
