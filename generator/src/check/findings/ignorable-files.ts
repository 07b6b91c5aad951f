import { type Files, textOf } from "../../files/files.ts";
import { splitStatements } from "../../postgres/raw-parse.ts";
import type { Entry } from "../../project/entry.ts";
import type { Changes } from "../changes.ts";
import type { IgnoredFile, Statement } from "./ignores.ts";

/** The files that are vetted, with where their statements stand. */
export async function ignorableFiles(
  files: Files,
  entries: readonly Entry[],
  changes: Changes,
): Promise<IgnoredFile[]> {
  const statements = new Map<string, Statement[]>();
  const texts = new Map<string, string>();
  for (const { set, source } of entries) {
    for (const query of source.queries) {
      const { file, start } = query.span;
      if (!changes.query(set.index, query)) continue;
      if (!statements.has(file)) statements.set(file, []);
      statements.get(file)!.push({ start, end: query.toFile(query.text.length) });
    }
    for (const { path, text } of source.schema) {
      if (!/solitude-gen-ignore/.test(text) || texts.has(path) || !changes.schema(path, text)) continue;
      texts.set(path, text);
      statements.set(path, [
        ...(statements.get(path) ?? []),
        ...(await splitStatements(text).catch(() => [])),
      ]);
    }
  }
  return Promise.all(
    [...statements].map(async ([path, list]) => ({
      path,
      text: texts.get(path) ?? (await textOf(files, path)) ?? "",
      statements: list.sort((a, b) => a.start - b.start),
    })),
  );
}
