import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { QuerySource, SchemaFile } from "../../model/source.ts";
import { type Feature, featuresAfter } from "../../postgres/newer-features.ts";
import { parseScript, parseStatement } from "../../postgres/raw-parse.ts";
import type { Project } from "../../project/project.ts";
import { wordAt } from "../findings/place.ts";

/**
 * Finds what of the project's queries and schema files the server is too old to understand.
 * @param version the server's major version
 * @param own names of the functions that the schema makes
 */
export async function findTooNew(
  project: Project,
  version: number,
  own: ReadonlySet<string>,
): Promise<Diagnostic[]> {
  const found = new Map<string, Diagnostic>();
  const add = (diagnostics: readonly Diagnostic[]): void => {
    for (const one of diagnostics) found.set(JSON.stringify([one.message, one.span]), one);
  };
  for (const set of project.config.querySets) {
    const { queries, schema } = await project.source(set);
    for (const query of queries) add(await inQuery(query, version, own));
    for (const file of schema) add(await inSchema(file, version, own));
  }
  return [...found.values()];
}

async function inQuery(
  source: QuerySource,
  version: number,
  own: ReadonlySet<string>,
): Promise<Diagnostic[]> {
  const { text, span } = source;
  const raw = await parseStatement(text).catch(() => null);
  if (raw === null) return [];
  const placed = { file: span.file, text, toFile: (offset: number) => source.toFile(offset) };
  return featuresAfter(version, raw.kind, raw.tree, own).map((feature) =>
    tooNew(`${source.name}: `, feature, version, wordAt(placed, feature.location) ?? span),
  );
}

async function inSchema(
  { path, text }: SchemaFile,
  version: number,
  own: ReadonlySet<string>,
): Promise<Diagnostic[]> {
  const statements = await parseScript(text).catch(() => []);
  const placed = { file: path, text, toFile: (offset: number) => offset };
  return statements.flatMap(({ kind, tree, start }) =>
    featuresAfter(version, kind, tree, own).map((feature) =>
      tooNew("", feature, version, wordAt(placed, feature.location) ?? { file: path, start, end: start }),
    ),
  );
}

function tooNew(what: string, { name, since }: Feature, version: number, span: Span): Diagnostic {
  return {
    code: "live-too-old",
    severity: "error",
    message: `${what}${name} needs PostgreSQL ${since}, and the live server is PostgreSQL ${version}`,
    hint: `Write it as PostgreSQL ${version} has it, or upgrade the server first; \`vet.target_version: ${version}\` in the configuration finds such text without a server.`,
    span,
  };
}
