import { readFileSync } from "node:fs";
import { join } from "node:path";
import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { buildCatalog } from "../../src/analysis/build-catalog.ts";
import { typescriptOptions } from "../../src/config/options/typescript.ts";
import { typeNames } from "../../src/emit/type-names.ts";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import type { QuerySource } from "../../src/model/source.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";

// docs/json.md says what the type of each form is.

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/json.md"), "utf8");
const ROWS = [...PAGE.matchAll(/^\| `(.+?)` +\| `(.+?)` +\|$/gm)].map(([, sql = "", type = ""]) => [
  sql.replaceAll("\\|", "|"),
  type.replaceAll("\\|", "|"),
]);

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start({ snapshot: null, extensions: [], root: "." });
  await engine.run(
    "create table agent (id int primary key, title text not null, price numeric, kind text not null check (kind in ('solo', 'team')))",
  );
  catalog = catalogReader(engine);
  await catalog.prefetch();
});
afterAll(() => engine.close());

test("the page has rows", () => expect(ROWS.length).toBeGreaterThan(15));

test.each(ROWS)("%s", async (sql, type) => {
  const text = `select ${sql} as it from agent`;
  const source: QuerySource = {
    name: "Q",
    command: ":many",
    text,
    span: { file: "query.sql", start: 0, end: 1 },
    line: 1,
    comments: [],
    params: [],
    embeds: [],
    toFile: (offset) => offset,
  };
  const result = await analyzeQuery(source, engine, catalog);
  if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
  const { query } = result;
  const built = await buildCatalog(CatalogFacts.of(catalog), [query]);
  const names = typeNames({ index: 0, catalog: built, queries: [query] }, typescriptOptions.parse({}));
  expect(query.columns.map((column) => names.column(column, query))).toEqual([type]);
});
