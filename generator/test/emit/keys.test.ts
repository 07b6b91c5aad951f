import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { buildCatalog } from "../../src/analysis/build-catalog.ts";
import { typescriptOptions } from "../../src/config/options/typescript.ts";
import { typeNames } from "../../src/emit/type-names.ts";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";

test.each(["none", "both"])(
  "a schema of a key's column is the type of all that leads to it (check: %s)",
  async (check) => {
    const engine = await EmbeddedEngine.start();
    try {
      await engine.run(
        "create table users (id uuid primary key); create table agents (id uuid primary key, owner uuid not null references users);",
      );
      const catalog = new CatalogReader(engine);
      await catalog.prefetch();
      const sql =
        "select u.id, a.owner, a.id as agent, json_build_object('owner', a.owner) as built from agents a join users u on u.id = a.owner";
      const [source] = readQueries("q.sql", `-- name: Q :many\n${sql};\n`).queries;
      const result = await analyzeQuery(source!, engine, catalog);
      if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
      const { query } = result;
      const set = {
        index: 0,
        catalog: await buildCatalog(CatalogFacts.of(catalog), [query]),
        queries: [query],
      };
      const schema = { name: "UserKey", from: "./keys.js" };
      const options = { brand_keys: true, overrides: [{ column: "users.id", schema, check }] };
      const names = typeNames(set, typescriptOptions.parse(options));
      const user = "InferOutput<typeof UserKey>";
      expect(query.columns.map((column) => names.column(column, query))).toEqual([
        user,
        user,
        "AgentId",
        `{ owner: ${user} }`,
      ]);
    } finally {
      await engine.close();
    }
  },
);
