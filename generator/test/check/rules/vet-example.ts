import { analyzeQuery } from "../../../src/analysis/analyze-query.ts";
import { changesAgainst, EVERYTHING } from "../../../src/check/changes.ts";
import { vetColumns } from "../../../src/check/columns/vet-columns.ts";
import type { Found } from "../../../src/check/findings/found.ts";
import { Ignores } from "../../../src/check/findings/ignores.ts";
import { vetMigrations } from "../../../src/check/migrations/vet-migrations.ts";
import { type AnalysedQuery, vetQueries } from "../../../src/check/queries/vet-queries.ts";
import { RULES } from "../../../src/check/rules/registry.ts";
import type { QuerySource, SchemaFile } from "../../../src/model/source.ts";
import type { Engine } from "../../../src/postgres/engine.ts";
import { splitStatements } from "../../../src/postgres/raw-parse.ts";
import { withoutQueries } from "../../../src/source/annotations.ts";
import { executableSchema } from "../../../src/source/migrations.ts";
import { readQueries } from "../../../src/source/queries.ts";
import { catalogReader } from "../../catalog-reader.ts";
import type { Example, ExampleFile } from "./examples.ts";

/** All findings of an example but those that it ignores. */
export async function vetExample(engine: Engine, { options, files, base }: Example): Promise<Found[]> {
  await engine.run("rollback; reset all");
  await engine.run(
    `do $$ declare name text; begin
       for name in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
         execute format('drop schema %I cascade', name);
       end loop;
     end $$; create schema public`,
  );
  const schema = files.map(toSchema);
  const baseSchema = new Map(base.map(toSchema).map(({ path, text }) => [path, text]));
  const changes = base.length > 0 ? changesAgainst(baseSchema, []) : EVERYTHING;
  const found = await vetMigrations(engine, schema, {
    vet: options,
    isVetted: (path) => schema.some((file) => file.path === path && changes.schema(path, file.text)),
    base: changes.base,
    ...(changes.baseFile && { baseFile: changes.baseFile }),
    together: changes.together,
  });
  const reader = catalogReader(engine);
  await reader.prefetch();
  const queries: AnalysedQuery[] = [];
  const sources = files.flatMap(({ path, text }) => readQueries(path, text).queries);
  for (const source of sources) {
    const result = await analyzeQuery(source, engine, reader);
    if (!("query" in result)) throw new Error(result.diagnostics.map((d) => d.message).join());
    queries.push({ source, query: result.query });
  }
  if (queries.length > 0) found.push(...(await vetQueries(engine, reader, queries, options)));
  const ofQueries = queries.map(({ query }) => query);
  if (queries.length > 0) found.push(...(await vetColumns(engine, schema, ofQueries, options)));
  const ignores = new Ignores(
    await Promise.all(files.map((file) => ignorable(file, sources))),
    new Set(RULES.keys()),
  );
  return found.filter((item) => !ignores.covers(item));
}

function toSchema({ path, text }: ExampleFile): SchemaFile {
  return { path, text: withoutQueries(executableSchema(path, text)) };
}

async function ignorable({ path, text }: ExampleFile, queries: readonly QuerySource[]) {
  const own = queries.filter((query) => query.span.file === path);
  const statements = own.map((query) => ({ start: query.span.start, end: query.toFile(query.text.length) }));
  return {
    path,
    text,
    statements: [...(await splitStatements(toSchema({ path, text }).text)), ...statements],
  };
}
