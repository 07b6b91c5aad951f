import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { buildCatalog } from "../../src/analysis/build-catalog.ts";
import { typescriptOptions } from "../../src/config/options/typescript.ts";
import { typeNames } from "../../src/emit/type-names.ts";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";

// Texts of which a CHECK says the form, wherever the column's own value stands.

test("the form is a template literal where the value is the column's", async () => {
  const engine = await EmbeddedEngine.start();
  try {
    await engine.run(`
      create table keys (id text primary key check (id like 'usr\\_%'), odd text not null check (odd like '\`\${a}"\\\\%'), owner text references keys);
      create view seen as select id as key from keys;
    `);
    const catalog = new CatalogReader(engine);
    await catalog.prefetch();
    const [source] = readQueries(
      "q.sql",
      `-- name: Q :many
select k.id, k.odd, s.key, o.id as other, upper(k.id) as loud, coalesce(k.id, 'x') as either, json_build_object('id', k.id) as built, k.owner
from keys k join seen s on true left join keys o on o.id = k.owner where k.id = @id;
`,
    ).queries;
    const result = await analyzeQuery(source!, engine, catalog);
    if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
    const { query } = result;
    const set = {
      index: 0,
      catalog: await buildCatalog(CatalogFacts.of(catalog), [query]),
      queries: [query],
    };
    const types = (options: object) => {
      const names = typeNames(set, typescriptOptions.parse(options));
      return query.columns.map((column) => names.column(column, query));
    };
    const usr = "`usr_${string}`";
    expect(types({})).toEqual([
      usr,
      '`\\`\\${a}"\\\\${string}`',
      usr,
      `${usr} | null`,
      "string",
      "string",
      `{ id: ${usr} }`,
      "string | null",
    ]);
    // A brand says more.
    expect(types({ brand_keys: true }).slice(0, 1)).toEqual(["KeyId"]);
    expect(types({ overrides: [{ column: "keys.id", ts_type: "Own" }] }).slice(0, 1)).toEqual(["Own"]);
    // What is given is checked by PostgreSQL.
    expect(typeNames(set, typescriptOptions.parse({})).param(query.params[0]!, query)).toBe("string");
  } finally {
    await engine.close();
  }
});
