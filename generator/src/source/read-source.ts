import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { posix, resolve } from "node:path";
import type { QuerySetConfig } from "../config/config.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { QuerySource, SchemaFile } from "../model/source.ts";
import { withoutQueries } from "./annotations.ts";
import { type Expansion, expandFiles } from "./files.ts";
import { executableSchema } from "./migrations.ts";
import { readQueries } from "./queries.ts";
import { TemplateError } from "./templates/template-error.ts";
import { readTernFolders, type TernFolder, withoutTemplates } from "./templates/tern.ts";

export interface Source {
  readonly schema: readonly SchemaFile[];
  readonly queries: readonly QuerySource[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the schema files of one query set alone. Nothing is thrown. */
export async function readSchema(
  root: string,
  set: Pick<QuerySetConfig, "schema" | "schemaSpans">,
): Promise<Pick<Source, "schema" | "diagnostics">> {
  const files = await expandFiles("schema", set.schema, root, set.schemaSpans);
  const { texts, diagnostics } = await readTexts(root, files.paths);
  const { schema, problems } = schemaOf(files.paths, texts, await ternFolders(root, files.paths, texts));
  return { schema, diagnostics: [...files.diagnostics, ...diagnostics, ...problems] };
}

/** The files of one query set, as they lie on disk. */
export interface SourceFiles {
  readonly schemaFiles: Expansion;
  readonly queryFiles: Expansion;
  /** By path; those that could not be read are missing. */
  readonly texts: ReadonlyMap<string, string>;
  readonly unreadable: readonly Diagnostic[];
  /** What the templates among them are executed with. */
  readonly tern: readonly TernFolder[];
}

/** Reads the schema and query files of one query set. Nothing is thrown: what is wrong is among the diagnostics. */
export async function readSource(root: string, set: QuerySetConfig): Promise<Source> {
  return parseSource(set, await readFiles(root, set));
}

/** Only reads them, which is much less work than to look into them. */
export async function readFiles(root: string, set: QuerySetConfig): Promise<SourceFiles> {
  const [schemaFiles, queryFiles] = await Promise.all([
    expandFiles("schema", set.schema, root, set.schemaSpans),
    expandFiles("queries", set.queries, root, set.queriesSpans),
  ]);
  const read = await readTexts(root, [...schemaFiles.paths, ...queryFiles.paths]);
  const tern = await ternFolders(root, schemaFiles.paths, read.texts);
  return { schemaFiles, queryFiles, texts: read.texts, unreadable: read.diagnostics, tern };
}

export function parseSource(set: QuerySetConfig, files: SourceFiles): Source {
  const { schema, diagnostics } = parseSchema(files);
  const found = parseQueries(set, files);
  return { schema, queries: found.queries, diagnostics: [...diagnostics, ...found.diagnostics] };
}

/** What is wrong with the files themselves is among the diagnostics. */
export function parseSchema(files: SourceFiles): Pick<Source, "schema" | "diagnostics"> {
  const { schemaFiles, queryFiles, texts, unreadable, tern } = files;
  const { schema, problems } = schemaOf(schemaFiles.paths, texts, tern);
  const diagnostics = [...schemaFiles.diagnostics, ...queryFiles.diagnostics, ...unreadable, ...problems];
  return { schema, diagnostics };
}

export function parseQueries(
  set: QuerySetConfig,
  { queryFiles, texts, unreadable }: SourceFiles,
): Pick<Source, "queries" | "diagnostics"> {
  const diagnostics: Diagnostic[] = [];
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
  // A base from before the first query names no place where there are any.
  const isNamed = set.queriesSpans.length > 0;
  if (
    isNamed &&
    queries.length === 0 &&
    refused === 0 &&
    queryFiles.diagnostics.length + unreadable.length === 0
  ) {
    diagnostics.push({
      code: "queries-empty",
      severity: "error",
      message: `no queries contained in paths ${set.queries.join(",")}`,
      hint: "Put an annotation such as `-- name: GetAuthor :one` above each query.",
      ...(set.queriesSpans[0] && { span: set.queriesSpans[0] }),
    });
  }
  return { queries, diagnostics };
}

async function readTexts(
  root: string,
  paths: readonly string[],
): Promise<{ texts: ReadonlyMap<string, string>; diagnostics: Diagnostic[] }> {
  const texts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  await Promise.all(
    [...new Set(paths)].map(async (path) => {
      try {
        const bytes = await readFile(resolve(root, path));
        const text = bytes.toString("utf8");
        if (isUtf8(bytes)) texts.set(path, text);
        else diagnostics.push(notUtf8(path, text));
      } catch (error) {
        diagnostics.push({
          code: "file-unreadable",
          severity: "error",
          message: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
        });
      }
    }),
  );
  return { texts, diagnostics };
}

/** Read on, it would be another text than the author's. */
function notUtf8(path: string, text: string): Diagnostic {
  const start = Math.max(0, text.indexOf("\ufffd"));
  return {
    code: "file-encoding",
    severity: "error",
    message: `${path} is not encoded in UTF-8`,
    hint: "Save it as UTF-8.",
    span: { file: path, start, end: start + 1 },
  };
}

function schemaOf(
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
  tern: readonly TernFolder[],
): { schema: SchemaFile[]; problems: Diagnostic[] } {
  const problems: Diagnostic[] = [];
  const schema = paths.flatMap((path): SchemaFile[] => {
    const text = texts.get(path);
    if (text === undefined) return [];
    const file = { path, text: withoutQueries(executableSchema(path, text)) };
    const folder = tern.find((one) => one.path === posix.dirname(path));
    try {
      return [folder ? withoutTemplates(file, folder) : file];
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const { code, message, span, hint } = error;
      problems.push({ code, severity: "error", message, hint, span });
      return [];
    }
  });
  return { schema, problems };
}

/** Nearly no schema has templates: those that have none need not look for more. */
async function ternFolders(
  root: string,
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<readonly TernFolder[]> {
  return paths.some((path) => texts.get(path)?.includes("{{")) ? readTernFolders(root, paths, texts) : [];
}
