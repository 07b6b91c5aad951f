import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { QuerySetConfig } from "../config/config.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { QuerySource, SchemaFile } from "../model/source.ts";
import { withoutQueries } from "./annotations.ts";
import { expandFiles } from "./files.ts";
import { executableSchema } from "./migrations.ts";
import { readQueries } from "./queries.ts";

export interface Source {
  readonly schema: readonly SchemaFile[];
  readonly queries: readonly QuerySource[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the schema and query files of one query set. Nothing is thrown: what is wrong is among the diagnostics. */
export async function readSource(root: string, set: QuerySetConfig): Promise<Source> {
  const [schemaFiles, queryFiles] = await Promise.all([
    expandFiles("schema", set.schema, root, set.schemaSpans),
    expandFiles("queries", set.queries, root, set.queriesSpans),
  ]);
  const diagnostics: Diagnostic[] = [...schemaFiles.diagnostics, ...queryFiles.diagnostics];

  const texts = new Map<string, string>();
  await Promise.all(
    [...new Set([...schemaFiles.paths, ...queryFiles.paths])].map(async (path) => {
      try {
        texts.set(path, await readFile(join(root, path), "utf8"));
      } catch (error) {
        diagnostics.push({
          code: "file-unreadable",
          severity: "error",
          message: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
        });
      }
    }),
  );

  const schema = schemaFiles.paths.flatMap((path) => {
    const text = texts.get(path);
    return text === undefined ? [] : [{ path, text: withoutQueries(executableSchema(path, text)) }];
  });

  const queries: QuerySource[] = [];
  const first = new Map<string, QuerySource>();
  let refused = 0;
  for (const path of queryFiles.paths) {
    const text = texts.get(path);
    if (text === undefined) continue;
    const file = readQueries(path, text);
    diagnostics.push(...file.diagnostics);
    refused += file.diagnostics.length;
    for (const query of file.queries) {
      const earlier = first.get(query.name);
      if (earlier) {
        diagnostics.push({
          code: "query-name-duplicate",
          severity: "error",
          message: `duplicate query name: ${query.name}`,
          hint: `The first one stands at ${earlier.span.file}:${earlier.line}.`,
          span: query.span,
        });
        continue;
      }
      first.set(query.name, query);
      queries.push(query);
    }
  }
  if (queries.length === 0 && refused === 0 && queryFiles.diagnostics.length === 0) {
    diagnostics.push({
      code: "queries-empty",
      severity: "error",
      message: `no queries contained in paths ${set.queries.join(",")}`,
      hint: "Put an annotation such as `-- name: GetAuthor :one` above each query.",
      ...(set.queriesSpans[0] && { span: set.queriesSpans[0] }),
    });
  }
  return { schema, queries, diagnostics };
}
