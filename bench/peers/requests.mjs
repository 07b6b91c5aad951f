// Asks of each tool what users of all of them ask for, each in its own way of writing, and writes the table in docs/adaptive-queries.md.
// What a tool could not be asked here stands with a dagger, as its documentation or its own tests say it. After `npm ci` in bench:
//   node bench/peers/requests.mjs && npm run format
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import pg from "pg";
import { startBinaries } from "../../tests/postgres/binaries.mjs";
import { findSqlc, SQLC_VERSION } from "../../tests/sqlc/real-sqlc.mjs";

const PAGE = fileURLToPath(new URL("../../docs/adaptive-queries.md", import.meta.url));
const PGTYPED = fileURLToPath(new URL("../node_modules/@pgtyped/cli/lib/index.js", import.meta.url));
const TYPESQL = fileURLToPath(new URL("../node_modules/typesql-cli/cli.js", import.meta.url));

const SCHEMA = `create table agent (id int primary key, name text not null, blurb text, status text not null check (status in ('draft', 'live')));
create table version (id int primary key, agent_id int not null references agent);
`;

/** Each request as those that read SQL files have it written; `$p` stands for a parameter, in sqlc's own form where it may be null. */
const FORMS = {
  Optional: "select id from agent where ($status::text is null or status = $status)",
  Sort: "select id from agent order by case when $sort::text = 'name' then name end, id",
  Patch: "update agent set blurb = coalesce($blurb, blurb) where id = $id",
  Asked:
    "select case when $asked::bool then (select count(*) from version v where v.agent_id = a.id) end as n from agent a",
  Nested: "select a.id, array(select v from version v where v.agent_id = a.id) as versions from agent a",
  Built: "select json_build_object('id', id) as built from agent",
  Union: "select status from agent",
};
const BULK = {
  One: "insert into agent (id, name, status) select r.id, 'a', 'live' from unnest($ids::int[]) as r (id)",
  Several:
    "insert into agent (id, name, status) select r.id, r.name, 'live' from unnest($ids::int[], $names::text[]) as r (id, name)",
};

/** Stops where a tool does not do what the table says of it. */
function seen(what, holds) {
  if (!holds) throw new Error(`not so: ${what}`);
}

async function askSqlc() {
  const sqlc = await findSqlc();
  if (sqlc === null) throw new Error("there is no sqlc");
  const folder = mkdtempSync(join(tmpdir(), "requests-"));
  try {
    const run = (queries) => {
      writeFileSync(join(folder, "schema.sql"), SCHEMA);
      const written = Object.entries(queries).map(
        ([name, sql]) =>
          `-- name: ${name} ${/^(?:insert|update)/.test(sql) ? ":exec" : ":many"}\n-- @optional status\n${sql.replaceAll(/\$(\w+)/g, "sqlc.narg($1)")};\n`,
      );
      writeFileSync(join(folder, "query.sql"), written.join("\n"));
      const gen = { json: { out: "out", filename: "request.json" } };
      const sql = [{ engine: "postgresql", schema: "schema.sql", queries: "query.sql", gen }];
      writeFileSync(join(folder, "sqlc.json"), JSON.stringify({ version: "2", sql }));
      const { status, stdout, stderr } = spawnSync(sqlc, ["generate"], {
        cwd: folder,
        encoding: "utf8",
        timeout: 600_000,
      });
      if (status !== 0) return { stderr: `${status} ${stdout}${stderr}` };
      const { queries: found } = JSON.parse(readFileSync(join(folder, "out/request.json"), "utf8"));
      return { queries: new Map(found.map((query) => [query.name, query])) };
    };
    const { queries, stderr } = run({ ...FORMS, One: BULK.One });
    if (!queries) throw new Error(stderr);
    const textOf = (name) => queries.get(name).text;
    const typeOf = (name, column) => queries.get(name).columns.find((one) => one.name === column).type.name;
    seen("sqlc sends the idiom as it stands", /\$1::text is null or status = \$1/.test(textOf("Optional")));
    seen("sqlc sends the test of CASE", textOf("Sort").includes("case when $1::text = 'name'"));
    seen("sqlc sends the flag as a parameter", textOf("Asked").includes("case when $1::bool"));
    seen("sqlc has coalesce stay", textOf("Patch").includes("coalesce($1, blurb)"));
    seen("sqlc says nothing of JSON's shape", /^(?:pg_catalog\.)?jsonb?$/.test(typeOf("Built", "built")));
    seen("sqlc says text of a CHECK", typeOf("Union", "status") === "text");
    seen("sqlc does not know the rows of an array", !/version/.test(typeOf("Nested", "versions")));
    seen("sqlc refuses unnest of several arrays", /unnest/.test(run({ Several: BULK.Several }).stderr ?? ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs `work` in a folder of its own, beside a server that has the schema. */
async function withServer(work) {
  const folder = mkdtempSync(join(tmpdir(), "requests-"));
  const server = await startBinaries("16");
  try {
    const own = new pg.Client(server.url);
    await own.connect();
    await own.query(SCHEMA);
    await own.end();
    await work(folder, server.url);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function askPgtyped(folder, url) {
  mkdirSync(join(folder, "src"));
  const rows =
    "/* @name Rows @param rows -> ((id!, name!, status!)...) */\ninsert into agent (id, name, status) values :rows;\n";
  const written = Object.entries({ ...FORMS, Several: BULK.Several }).map(
    ([name, sql]) => `/* @name ${name} */\n${sql.replaceAll(/\$(\w+)/g, ":$1")};\n`,
  );
  writeFileSync(join(folder, "src/all.sql"), [...written, rows].join("\n"));
  const transforms = [{ mode: "sql", include: "**/*.sql", emitTemplate: "{{dir}}/{{name}}.queries.ts" }];
  const config = { transforms, srcDir: "./src", failOnError: true, dbUrl: url };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(process.execPath, [PGTYPED, "-c", "config.json"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  const text = readFileSync(join(folder, "src/all.queries.ts"), "utf8");
  const part = (name) => new RegExp(`export interface I${name} \\{([^}]*)\\}`).exec(text)?.[1] ?? "";
  seen("pgtyped takes null for the idiom", /status\?: string \| null \| void/.test(part("OptionalParams")));
  seen("pgtyped sends the idiom as it stands", text.includes("is null or status ="));
  seen("pgtyped sends the test of CASE", text.includes("= 'name' then name end"));
  seen("pgtyped has coalesce stay", text.includes(", blurb) where id ="));
  seen("pgtyped takes rows by a macro", /rows: readonly/.test(part("RowsParams")));
  seen("pgtyped says Json of what is built", /built: Json \| null/.test(part("BuiltResult")));
  seen("pgtyped says string of a CHECK", /status: string;/.test(part("UnionResult")));
  seen("pgtyped does not know the rows of an array", !/agent_id/.test(part("NestedResult")));
}

/** What typesql has forms of its own for. */
const OWN_FORMS = {
  Dynamic: "-- @dynamicQuery\nselect id, name, blurb from agent",
  Ordered: "select id, name from agent order by $sort",
  Folded:
    "-- @nested\nselect a.id, a.name, v.id, v.agent_id from agent a inner join version v on v.agent_id = a.id",
  Joined: "select jsonb_build_object('id', id) || jsonb_build_object('name', name) as built from agent",
  Listed: "select id from agent where id = any($ids::int[])",
  Copied: "copy agent (id, name, status) from stdin with csv",
};

async function askTypesql(folder, url) {
  const sqlDir = join(folder, "sql");
  mkdirSync(sqlDir);
  const written = { ...FORMS, ...BULK, ...OWN_FORMS };
  for (const [name, sql] of Object.entries(written))
    writeFileSync(join(sqlDir, `${name}.sql`), `${sql.replaceAll(/\$(\w+)/g, ":$1")}\n`);
  const config = { databaseUri: url, sqlDir, client: "pg", includeCrudTables: ["agent"] };
  writeFileSync(join(folder, "typesql.json"), JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(process.execPath, [TYPESQL, "compile"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  const textOf = (name) => readFileSync(join(sqlDir, `${name}.ts`), "utf8");
  seen("typesql takes null for the idiom", /status: .*\| null;/.test(textOf("Optional")));
  seen("typesql sends the idiom as it stands", textOf("Optional").includes("$1::text is null or status ="));
  const dynamic = textOf("Dynamic");
  seen("typesql has callers give columns", /DynamicSelect = \{\s+id\?: boolean/.test(dynamic));
  seen("typesql has callers give operators", /column: 'name'; op: StringOperator/.test(dynamic));
  seen("typesql puts the text together when it runs", /\$\{op\}/.test(dynamic));
  seen("typesql sends the test of CASE", textOf("Sort").includes("case when $1::text = 'name'"));
  seen("typesql has callers give directions", /direction: 'asc' \| 'desc'/.test(textOf("Ordered")));
  seen("typesql sends the flag as a parameter", textOf("Asked").includes("case when $1::bool"));
  seen("typesql has coalesce stay", textOf("Patch").includes("coalesce($1, blurb)"));
  const patch = readFileSync(join(sqlDir, "crud/agent/update-agent.ts"), "utf8");
  seen("typesql's own updates leave out what is undefined", patch.includes("value !== undefined"));
  seen("typesql does not know the rows of an array", /versions: any/.test(textOf("Nested")));
  seen("typesql folds rows", /version: FoldedNestedVersion\[\]/.test(textOf("Folded")));
  seen("typesql types what it knows", /BuiltBuiltType = \{\s+id: number;/.test(textOf("Built")));
  seen("typesql does not know what is joined", /built: any/.test(textOf("Joined")));
  seen("typesql has a CHECK's values", /status: \('draft' \| 'live'\);/.test(textOf("Union")));
  seen("typesql copies rows", textOf("Copied").includes("CopiedParams[]"));
  seen("typesql takes an array", /ids: number\[\]/.test(textOf("Listed")));
  const refused = (name) => textOf(name).includes("Invalid SQL");
  seen("typesql refuses unnest", refused("One") && refused("Several"));
}

function askKysely() {
  const db = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new PostgresIntrospector(of),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  const search = db.selectFrom("agent").select("id");
  seen(
    "kysely builds another text",
    search.where("status", "=", "live").compile().sql !== search.compile().sql,
  );
  const patch = db.updateTable("agent").set({ name: undefined, blurb: null }).where("id", "=", 1).compile();
  seen("kysely leaves out what is undefined", !patch.sql.includes('"name"') && patch.sql.includes('"blurb"'));
  const row = { id: 1, name: "a", status: "live" };
  const { parameters } = db.insertInto("agent").values([row, row, row]).compile();
  seen("kysely has a parameter for each value", parameters.length === 9);
  seen(
    "kysely does not ask a server",
    search.where("no_such_column", "=", 1).compile().sql.includes("no_such_column"),
  );
}

await askSqlc();
await withServer(askPgtyped);
await withServer(askTypesql);
askKysely();

const version = (name) =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url)), "utf8"),
  ).version;
const HEAD = `| wanted | here | sqlc ${SQLC_VERSION.slice(1)} | pgtyped ${version("@pgtyped/cli")} | kysely ${version("kysely")} | TypedSQL † | typesql ${version("typesql-cli")} |`;
const table = `${HEAD}
| - | - | - | - | - | - | - |
| optional filters | \`@optional\`, or the idiom as it stands | the idiom, sent as it stands | the idiom, sent as it stands | built in TypeScript | the idiom; \`@param {Type} $1:name?\` takes null | \`-- @dynamicQuery\`: the caller gives columns, operators and values |
| an order to choose | \`@sort\`, or CASE | CASE, sent as it stands | CASE, sent as it stands | built in TypeScript | CASE | \`order by :sort\`: the caller gives columns and directions |
| an update of what is given | \`@optional\` on SET; null sets null | \`coalesce\`, which cannot set null | \`coalesce\`, which cannot set null | what is undefined is left out | \`coalesce\` | its generated updates leave out what is undefined |
| many rows in one statement | objects, \`json_to_recordset\` | \`unnest\` of one array; of several it is refused | a macro of VALUES, a parameter for each value; arrays | VALUES, a parameter for each value | arrays | COPY; \`unnest\` is refused |
| pages by keys | \`@keyset\`, right at NULLs, proven total | by hand † | by hand † | by hand † | by hand | by hand † |
| a column when it is asked for | by overload, else it is not sent | CASE, sent as it stands | CASE, sent as it stands | built in TypeScript | CASE | with \`@dynamicQuery\` |
| rows inside of rows | as their table's model | of no known type | of no known type | helpers of JSON † | flat rows | \`@nested\` folds flat rows |
| JSON that a query builds | typed to the last field | \`json\` | \`Json\` | by its helpers † | \`JsonValue\` | typed, of functions that it knows; else \`any\` |
| a CHECK as a union | yes | \`text\` | \`string\` | types by hand † | \`string\` | yes |
| every statement checked | each variant, or what stands for it | the one statement | the one statement | none before it runs | the one statement | the one statement, not what is built of it |
| the file stays SQL | yes | yes, with macros | yes, with macros | no file | yes | yes, but for \`order by :sort\` |
`;
const page = readFileSync(PAGE, "utf8");
writeFileSync(
  PAGE,
  page.replace(
    /(<!-- figures: node bench\/peers\/requests[^\n]*-->\n)[\s\S]*?(<!-- \/figures -->)/,
    (_, begin, end) => `${begin}\n${table}\n${end}`,
  ),
);
