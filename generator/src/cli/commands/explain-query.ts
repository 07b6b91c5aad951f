import { basename } from "node:path";
import { SourceTexts } from "../../diagnostics/source-texts.ts";
import type { QuerySet } from "../../model/analysis.ts";
import type { Query } from "../../model/query.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.ts";
import { renderExplanation } from "../explanation.ts";
import { type GlobalOptions, load } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { readTextIn } from "../read-text.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { typeNamesOf } from "./analyze.ts";

interface Found {
  readonly query: Query;
  readonly set: QuerySet;
}

/**
 * Says of a query how many rows it delivers, and of each column and parameter its type, whether it can be NULL, and why.
 * @param wanted its name, or `file:name`
 * @returns null where the project has no query of that name, or there is no project
 */
export async function explainQuery(
  wanted: string,
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions & { readonly cache: boolean },
): Promise<ExitCode | null> {
  const result = await load(pipeline, options);
  if (!result.ok) {
    // Outside of a project it is codes alone that can be meant.
    if (options.config === undefined && result.diagnostics.every(({ span }) => span === undefined))
      return null;
    await report(result.diagnostics, result.root, terminal, options);
    return EXIT.usage;
  }
  const { loaded } = result;
  const analysis = await pipeline.analyze(loaded, { cache: options.cache });
  const all = analysis.querySets.flatMap((set) => set.queries.map((query) => ({ query, set })));
  const found = named(wanted, all);
  const [first] = found;
  if (!first) {
    // It may be one of those that PostgreSQL refuses.
    const code = exitCodeOf(analysis.diagnostics);
    if (code === EXIT.fine) return null;
    await report(analysis.diagnostics, loaded.root, terminal, options);
    return code;
  }
  if (found.length > 1) {
    const places = found.map(({ query }) => `  ${query.span.file}:${query.name} (line ${query.line})\n`);
    terminal.err(`error: several queries are called "${wanted}"; say which:\n${places.join("")}`);
    return EXIT.usage;
  }
  const names = await typeNamesOf(pipeline, loaded, { ...analysis, querySets: [first.set] });
  await terminal.out(
    renderExplanation(first.query, {
      color: terminal.outColor,
      names: names.get(first.set.index)!,
      sources: new SourceTexts(readTextIn(loaded.root)),
    }),
  );
  return EXIT.fine;
}

/** Those of the name as it is written; where there are none, in whichever case. Entries that share a file share its queries. */
function named(wanted: string, all: readonly Found[]): Found[] {
  const [, file = null, name = wanted] = /^(.*):([^:]+)$/.exec(wanted) ?? [];
  const isIn = (path: string): boolean =>
    file === null || path === file || path.endsWith(`/${file}`) || basename(path, ".sql") === file;
  const here = all.filter(({ query }) => isIn(query.span.file));
  const exact = here.filter(({ query }) => query.name === name);
  const meant =
    exact.length > 0 ? exact : here.filter(({ query }) => query.name.toLowerCase() === name.toLowerCase());
  return [...new Map(meant.map((one) => [`${one.query.span.file}:${one.query.line}`, one])).values()];
}
