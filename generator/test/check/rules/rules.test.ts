import { analyzeQuery } from "../../../src/analysis/analyze-query.ts";
import { changesAgainst, EVERYTHING } from "../../../src/check/changes.ts";
import type { Found } from "../../../src/check/findings/found.ts";
import { Ignores } from "../../../src/check/findings/ignores.ts";
import { vetMigrations } from "../../../src/check/migrations/vet-migrations.ts";
import { type AnalysedQuery, vetQueries } from "../../../src/check/queries/vet-queries.ts";
import { MIGRATION_RULES, QUERY_RULES, RULES } from "../../../src/check/rules/registry.ts";
import type { QuerySource, SchemaFile } from "../../../src/model/source.ts";
import { CatalogReader } from "../../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../../src/postgres/pglite.ts";
import { splitStatements } from "../../../src/postgres/raw-parse.ts";
import { withoutQueries } from "../../../src/source/annotations.ts";
import { executableSchema } from "../../../src/source/migrations.ts";
import { readQueries } from "../../../src/source/queries.ts";
import { type Example, type ExampleFile, exampleCodes, exampleText, readExample } from "./examples.ts";

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine.close());

test("every rule has examples, and every example a rule", () => {
  expect(exampleCodes().sort()).toEqual([...RULES.keys()].sort());
});

test("codes are one rule's each, but where queries and migrations share one", () => {
  for (const rules of [QUERY_RULES, MIGRATION_RULES]) {
    const codes = rules.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)]);
  }
});

describe.each([...RULES.values()].map((rule) => [rule.code] as const))("%s", (code) => {
  test("finds the bad example", async () => {
    const found = await vetExample(readExample(exampleText(code, "bad")));
    const own = found.filter((item) => item.code === code);
    expect(found.map((item) => item.code)).toContain(code);
    for (const { span, message } of own) {
      expect(span.end).toBeGreaterThan(span.start);
      expect(message).not.toMatch(/undefined|\[object/);
    }
  });

  test("finds nothing in the good example", async () => {
    const example = readExample(exampleText(code, "good"));
    const found = await vetExample(example);
    const isLoud = (item: Found): boolean =>
      item.code === code ||
      ["error", "warning"].includes(example.options.rules[item.code] ?? RULES.get(item.code)!.severity);
    expect(found.filter(isLoud).map((item) => `${item.code}: ${item.message}`)).toEqual([]);
  });
});

/** All findings of an example but those that it ignores. */
async function vetExample({ options, files, base }: Example): Promise<Found[]> {
  await engine.run("rollback; reset all; drop owned by current_user cascade").catch(() => {});
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
    together: changes.together,
  });
  const reader = new CatalogReader(engine);
  await reader.prefetch();
  const queries: AnalysedQuery[] = [];
  const sources = files.flatMap(({ path, text }) => readQueries(path, text).queries);
  for (const source of sources) {
    const result = await analyzeQuery(source, engine, reader);
    if (!("query" in result)) throw new Error(result.diagnostics.map((d) => d.message).join());
    queries.push({ source, query: result.query });
  }
  if (queries.length > 0) found.push(...(await vetQueries(engine, reader, queries, options)));
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
