import { existsSync, readdirSync, readFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { applySchema } from "../../src/analysis/apply-schema.ts";
import { buildCatalog } from "../../src/analysis/build-catalog.ts";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import type { UserCatalog } from "../../src/postgres/catalog-objects.ts";
import { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { nodeHost } from "../../src/project/node-host.ts";
import { executableSchema } from "../../src/source/migrations.ts";
import { readQueries } from "../../src/source/queries.ts";

// What a run keeps of a catalog says as much as what it read: an edit of one query, which begins with what was kept, finds the same types.

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string): string => executableSchema(path, readFileSync(new URL(path, ROOT), "utf8"));
const CASES = readdirSync(new URL("tests/cases/", ROOT), { withFileTypes: true })
  .map(({ name }) => `tests/cases/${name}/schema.sql`)
  .filter((path) => existsSync(new URL(path, ROOT)))
  .map((path) => [path, read(path)] as const)
  .filter(([, text]) => /\bview\b/i.test(text));
const OWN = readdirSync(new URL("schema/", ROOT))
  .filter((name) => name.endsWith(".sql"))
  .sort();

const THROUGH_VIEWS = `
  create table rows (id bigint primary key, a text not null, b text);
  create sequence numbers;
  create function certain(t text) returns text language sql immutable begin atomic select coalesce(t, ''); end;
  create function doubtful(t text) returns text language sql immutable begin atomic select nullif(t, ''); end;
  create function nested(t text) returns text language sql immutable begin atomic select certain(t) || '!'; end;
  create function are_same(x text, y text) returns boolean language sql immutable begin atomic select coalesce(x = y, false); end;
  create operator === (leftarg = text, rightarg = text, function = are_same);
  create view all_of_it as
    select id, certain(b) as certain, doubtful(a) as doubtful, nested(b) as nested, a === b as same, nextval('numbers') as number
    from rows;
  create view outer_one as select * from all_of_it where certain is not null;`;

test.each([
  ["functions, operators and sequences through views", THROUGH_VIEWS],
  ["schema", OWN.map((name) => read(`schema/${name}`)).join("\n")],
  ...CASES,
])("%s", async (path, text) => {
  const engine = await EmbeddedEngine.start();
  try {
    await applySchema(engine, [{ path, text }]);
    const builtins = await nodeHost.builtins();
    const fresh = new CatalogReader(engine, { builtins });
    const user = deserialize(serialize(await fresh.prefetch())) as UserCatalog;
    const kept = new CatalogReader(engine, { builtins, user });
    expect(await said(engine, kept)).toEqual(await said(engine, fresh));
  } finally {
    await engine.close();
  }
});

/** All that is found of the relations, and of reading each view. */
async function said(engine: EmbeddedEngine, reader: CatalogReader): Promise<unknown> {
  const { relations } = await buildCatalog(CatalogFacts.of(reader), []);
  const views = relations.filter(({ kind }) => kind !== "table");
  const text = views.map(
    ({ schema, name }, i) => `-- name: View${i} :many\nselect * from "${schema}"."${name}";`,
  );
  const queries = [];
  for (const query of readQueries("views.sql", text.join("\n")).queries)
    queries.push(await analyzeQuery(query, engine, reader));
  return { relations, queries };
}
