import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { withScripts } from "../../src/cli/init/manifest.ts";
import { findings, nextSteps } from "../../src/cli/init/next-steps.ts";
import { queriesOn, starterProject } from "../../src/cli/init/starter-project.ts";
import { lookAround } from "../../src/cli/init/surroundings.ts";
import type { Catalog, Relation } from "../../src/model/catalog.ts";
import { runProcess } from "./built-cli.ts";
import { runCommand } from "./in-process.ts";

// The first minutes, as newcomers of several kinds have them.

const CLI = fileURLToPath(new URL("../../bin/solitude-gen.js", import.meta.url));
const TABLE =
  "create table users (id bigint generated always as identity primary key, email text not null);\n";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "first-minutes-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, unknown>>): void {
  for (const [path, contents] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof contents === "string" ? contents : `${JSON.stringify(contents, null, 2)}\n`);
  }
}

interface Said {
  readonly status: number | null;
  readonly said: string;
}

async function run(command: string, cwd = folder): Promise<Said> {
  const { code, out, err } = await runCommand(cwd, ...command.split(" "));
  return { status: code, said: out + err };
}

/** The same of the built tool, in a process. */
async function runBuilt(command: string): Promise<Said> {
  const env = { GITHUB_ACTIONS: "" };
  const { code, stdout, stderr } = await runProcess(process.execPath, [CLI, ...command.split(" ")], {
    cwd: folder,
    env,
  });
  return { status: code, said: stdout + stderr };
}

/** What `init` would write and say in the folder. */
function planned(cwd = folder) {
  const around = lookAround(cwd, "1.2.3");
  const { files, queryFile } = starterProject(around);
  const text = files["sqlc.yaml"]!;
  const { sql, options } = parse(text);
  return {
    schema: sql[0].schema as string,
    queries: sql[0].queries as string,
    ...(options["solitude-gen"].typescript as { out: string; driver?: string }),
    configSchema: /\$schema=(\S+)/.exec(text)![1]!,
    said: findings(around) + nextSteps(around, true),
    files,
    queryFile,
  };
}

test("an empty folder: a schema, queries, and commands that exist, each tried", async () => {
  const { status, said } = await runBuilt("init");
  expect(status).toBe(0);
  expect(said).toMatch(/^ {2}npm install --save-dev solitude-gen +# /m);
  const commands = [...said.matchAll(/^ {2}npx solitude-gen (.*?) +#/gm)].map(([, command]) => command!);
  expect(commands).toEqual(["generate", "generate --check"]);
  for (const command of commands) expect(await runBuilt(command)).toMatchObject({ status: 0 });
  expect(existsSync(join(folder, "src/db/index.ts"))).toBe(true);
});

test("a package of a workspace with migrations: queries on a table of its own, scripts, and what its files need", async () => {
  write({
    "package.json": { workspaces: ["packages/*"] },
    "packages/app/package.json": { type: "commonjs", dependencies: { "@solitude/runtime": "*" } },
    "packages/app/prisma/migrations/20240101_a/migration.sql": `create table _prisma_migrations (id int);\n${TABLE}`,
    "node_modules/solitude-gen/package.json": {},
  });
  cpSync(
    fileURLToPath(new URL("../../schema.json", import.meta.url)),
    join(folder, "node_modules/solitude-gen/schema.json"),
  );
  const app = join(folder, "packages/app");
  const { status, said } = await run("init", app);
  expect([status, said]).toEqual([
    0,
    expect.stringContaining("found prisma/migrations (Prisma): it is the schema"),
  ]);
  expect(said).toContain("or `npm run db:generate`");
  expect(said).not.toContain("install");
  expect(readFileSync(join(app, "prisma/queries/first.sql"), "utf8")).toContain(
    "-- name: GetUser :one\nselect * from users where id = @id;",
  );
  const config = readFileSync(join(app, "sqlc.yaml"), "utf8");
  expect(existsSync(resolve(app, /\$schema=(\S+)/.exec(config)![1]!))).toBe(true);
  expect(config).toContain('driver: "@solitude/runtime"');
  expect(JSON.parse(readFileSync(join(app, "package.json"), "utf8")).scripts).toEqual({
    "db:generate": "solitude-gen generate",
    "db:check": "solitude-gen generate --check",
  });
  expect(await run("generate", app)).toMatchObject({ status: 0 });
  // CommonJS: no ending.
  expect(readFileSync(join(app, "src/db/index.ts"), "utf8")).toContain('from "./codec"');
});

test.each<[string, Record<string, unknown>, string, string]>([
  ["plain migrations", { "migrations/001_users.sql": TABLE }, "migrations", "queries"],
  ["those below db", { "db/migrations/1.sql": TABLE }, "db/migrations", "db/queries"],
  [
    "Prisma's",
    { "prisma/migrations/20240101_a/migration.sql": TABLE },
    "prisma/migrations",
    "prisma/queries",
  ],
  [
    "Drizzle's, where its configuration says",
    { "drizzle.config.ts": 'export default { out: "./sql/made" };', "sql/made/0000_a.sql": TABLE },
    "sql/made",
    "sql/queries",
  ],
  [
    "Nuxt's",
    { "server/database/migrations/1.sql": TABLE },
    "server/database/migrations",
    "server/database/queries",
  ],
  [
    "Prisma's, whose path is put together",
    {
      "prisma.config.ts":
        'export default { schema: path.join("db", "s.prisma"), migrations: { path: path.join("db", "made") } };',
      "db/made/1_a/migration.sql": TABLE,
    },
    "db/made",
    "db/queries",
  ],
  ["Supabase's", { "supabase/migrations/1_a.sql": TABLE }, "supabase/migrations", "supabase/queries"],
  ["one file", { "schema.sql": TABLE }, "schema.sql", "queries"],
  ["Flyway's without a build of Java's", { "db/migration/V1__a.sql": TABLE }, "db/migration", "db/queries"],
])("%s are the schema", (_, files, schema, queries) => {
  write(files);
  const plan = planned();
  expect(plan).toMatchObject({ schema, queries, queryFile: `${queries}/first.sql` });
  expect(plan.said).toContain(`found ${schema}`);
  expect(Object.keys(plan.files)).toEqual(["sqlc.yaml", `${queries}/first.sql`]);
});

test("queries that are there are taken as they are; other schemas are named", () => {
  write({
    "migrations/1.sql": TABLE,
    "queries/users.sql": "-- name: A :many\nselect 1;",
    "schema.sql": TABLE,
  });
  const plan = planned();
  expect(plan).toMatchObject({ queries: "queries", queryFile: null });
  expect(plan.said).toContain("also there: schema.sql");
  expect(Object.keys(plan.files)).toEqual(["sqlc.yaml"]);
  // Where none has an annotation, one is written beside them.
  write({ "queries/users.sql": "select 1;" });
  expect(planned()).toMatchObject({ queries: "queries", queryFile: "queries/first.sql" });
});

test("queries are on a table that is the project's, whatever its name", () => {
  const relation = (name: string, column: string, schema = "public") =>
    ({ name, schema, kind: "table", partitionOf: null, columns: [{ name: column }] }) as unknown as Relation;
  const names = { pascal: (name: string) => name.toUpperCase(), singular: (name: string) => name };
  const on = (...relations: Relation[]) => queriesOn({ types: new Map(), relations } as Catalog, names);
  expect(on(relation("schema_migrations", "id"), relation("order", "Weird"))).toBe(
    '-- name: ListORDER :many\nselect * from "order" limit @page_size;\n',
  );
  expect(on(relation("Pets", "id", "shop"))).toContain('select * from shop."Pets" where id = @id;');
  expect(on(relation("goose_db_version", "id"))).toBeNull();
});

test("a package.json gets scripts as it is written; names that are taken stay, and so does what would change otherwise", () => {
  const scripts = { a: "x", b: "y" };
  expect(withScripts('{\n\t"scripts": {\n\t\t"b": "mine"\n\t}\n}\n', scripts)).toBe(
    '{\n\t"scripts": {\n\t\t"b": "mine",\n\t\t"a": "x"\n\t}\n}\n',
  );
  expect(withScripts("{}\r\n", scripts)).toBe(
    '{\r\n  "scripts": {\r\n    "a": "x",\r\n    "b": "y"\r\n  }\r\n}\r\n',
  );
  expect(withScripts('{ "scripts": { "a": "1", "b": "2" } }', scripts)).toBeNull();
  expect(withScripts('{ "files": ["one", "two"],\n "name": "x" }', scripts)).toBeNull();
});

test.each([
  ["pnpm", { "pnpm-lock.yaml": "" }, "pnpm add --save-dev solitude-gen", "pnpm exec solitude-gen generate"],
  ["yarn", { "yarn.lock": "" }, "yarn add --dev solitude-gen", "yarn solitude-gen generate"],
  ["bun", { "bun.lock": "" }, "bun add --dev solitude-gen", "bunx solitude-gen generate"],
  ["deno", { "deno.json": "{}" }, "deno add --npm --dev solitude-gen", "deno x -A solitude-gen generate"],
  [
    "npm's lock file, beside Deno's linter",
    { "deno.json": "{}", "package-lock.json": "" },
    "npm install",
    "npx solitude-gen",
  ],
  ["rush", { "rush.json": "{}" }, "rush add --dev --package solitude-gen", "npx solitude-gen generate"],
  [
    "what the manifest says",
    { "package.json": { packageManager: "pnpm@9.0.0" }, "yarn.lock": "" },
    "pnpm add --save-dev solitude-gen",
    "pnpm exec solitude-gen generate",
  ],
])("the package manager is %s", (_, files, add, generate) => {
  write({ "package.json": {}, ...files });
  const { said } = planned();
  expect(said).toContain(add);
  expect(said).toContain(generate);
});

test("at the top of a workspace whose schema is a package's, it says where to begin, and writes nothing", async () => {
  write({
    "package.json": { workspaces: ["packages/*"] },
    "pnpm-lock.yaml": "",
    "packages/api/package.json": {},
    "packages/db/package.json": {},
    "packages/db/migrations/1_a.sql": TABLE,
  });
  const { status, said } = await run("init");
  expect([status, said]).toEqual([
    2,
    'error: there is no schema here, but packages/db/migrations\nhint: run pnpm exec solitude-gen -C "packages/db" init\n',
  ]);
  expect(existsSync(join(folder, "sqlc.yaml"))).toBe(false);
});

test("at the top, projects of Nx's count, and what has yet to write its schema", async () => {
  write({
    "package.json": {},
    "nx.json": {},
    "libs/data/project.json": {},
    "libs/data/migrations/1_a.sql": TABLE,
    "apps/api/project.json": {},
    "apps/api/prisma/schema.prisma": "",
  });
  const { status, said } = await run("init");
  expect([status, said]).toEqual([
    2,
    'error: there is no schema here, but what writes one in apps/api, libs/data/migrations\nhint: run npx solitude-gen -C "apps/api" init, or npx solitude-gen -C "libs/data" init\n',
  ]);
});

test("with Plug'n'Play there is no file of the configuration's schema: it is named by its address", () => {
  write({ "package.json": { devDependencies: { "solitude-gen": "*" } }, ".pnp.cjs": "", "yarn.lock": "" });
  const { configSchema, said } = planned();
  expect(configSchema).toMatch(/^https:\/\/.*solitude-gen@1\.2\.3\/schema\.json$/);
  expect(said).not.toContain("yarn add");
});

test("a package that is not there yet will be at the top of its workspace, with pnpm beside its own manifest", () => {
  write({
    "package.json": { workspaces: ["app"] },
    "app/package.json": {},
    "other/pnpm-lock.yaml": "",
    "other/package.json": {},
  });
  expect(planned(join(folder, "app")).configSchema).toBe("../node_modules/solitude-gen/schema.json");
  rmSync(join(folder, "package.json"));
  expect(planned(join(folder, "other")).configSchema).toBe("./node_modules/solitude-gen/schema.json");
});

test("a folder of somebody's is not where the output goes; in git, reviews fold it", () => {
  write({ ".git/HEAD": "", "src/db/client.ts": "export {};\n" });
  const { out, files } = planned();
  expect(out).toBe("src/db/generated");
  expect(files[".gitattributes"]).toBe("src/db/generated/*.ts linguist-generated\n");
});

test.each<[string, Record<string, unknown>, string, string]>([
  [
    "programs of knex",
    { "migrations/1_users.ts": "" },
    "schema.sql",
    'pg_dump --schema-only --no-owner "$DATABASE_URL" > schema.sql',
  ],
  [
    "programs of TypeORM",
    { "src/migration/1_users.ts": "" },
    "schema.sql",
    'pg_dump --schema-only --no-owner "$DATABASE_URL" > schema.sql',
  ],
  [
    "Prisma's, which have no migrations",
    { "package.json": { devDependencies: { prisma: "^7.2.0" } }, "prisma/schema.prisma": "model A {}" },
    "schema.sql",
    "npx prisma migrate diff --from-empty --to-schema prisma/schema.prisma --script --output schema.sql",
  ],
  [
    "Prisma's in several files, where its configuration says",
    {
      "prisma.config.ts": 'export default defineConfig({ schema: "./db/models" });',
      "db/models/a.prisma": "",
    },
    "schema.sql",
    "npx prisma migrate diff --from-empty --to-schema db/models --script --output schema.sql",
  ],
  [
    "Prisma's of a version before 7",
    {
      "package.json": { devDependencies: { prisma: "latest" } },
      "node_modules/prisma/package.json": { version: "6.19.0" },
      "prisma/schema.prisma": "model A {}",
    },
    "schema.sql",
    "npx prisma migrate diff --from-empty --to-schema-datamodel prisma/schema.prisma --script > schema.sql",
  ],
  [
    "Drizzle's, which are pushed",
    { "drizzle.config.ts": 'export default { out: "./sql/made" };', "pnpm-lock.yaml": "" },
    "sql/made",
    "pnpm exec drizzle-kit generate",
  ],
])(
  "%s are no SQL: the first step writes it to where the configuration has it",
  (_, files, schema, command) => {
    write({ "package.json": {}, ...files });
    const plan = planned();
    expect(plan).toMatchObject({ schema, queryFile: null });
    const steps = [...plan.said.matchAll(/^ {2}(\S.*?) +# /gm)].map(([, step]) => step);
    expect(steps.at(-3)).toBe(command);
    // No schema of ours is beside it, and what is written holds for any.
    expect(Object.keys(plan.files).filter((file) => /\.sql$/.test(file))).toEqual([
      `${plan.queries}/first.sql`,
    ]);
  },
);

test("what Prisma's configuration says of its migrations is where they are", () => {
  write({
    "prisma.config.ts":
      'export default defineConfig({ schema: "db/s.prisma", migrations: { seed: "x", path: "db/made" } });',
    "db/made/1_a/migration.sql": TABLE,
  });
  expect(planned()).toMatchObject({ schema: "db/made", queryFile: "db/queries/first.sql" });
});

test("queries of pgtyped and of TypedSQL are found, and what converts them is named", async () => {
  write({ "package.json": { devDependencies: { "@pgtyped/cli": "2" } }, "pnpm-lock.yaml": "" });
  expect(planned().said).toContain("found queries of pgtyped: `pnpm exec solitude-gen import` shows");
  write({ "package.json": {}, "prisma/sql/a.sql": "select 1" });
  expect(planned().said).toContain("found queries of TypedSQL: ");
  write({ "prisma/migrations/1_a/migration.sql": TABLE });
  const { status, said } = await run("import");
  expect(status).toBe(0);
  expect(said).toContain("+    schema: prisma/migrations\n");
  await run("init");
  expect((await run("import")).said).toContain("its options are: property_case: preserve, int8: bigint");
  rmSync(join(folder, "prisma"), { recursive: true });
  expect(await run("import")).toMatchObject({ status: 1, said: expect.stringContaining("import-nothing") });
});
