import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transformSync } from "esbuild";
import { parse, stringify } from "yaml";
import { keptValues } from "../generator/src/import/kept-values.ts";
import { runCommand } from "./command.ts";
import { isTouched, sliceToRun } from "./long-form.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { SHORT_LIVED } from "./short-lived.ts";
import { SNAPSHOTS } from "./snapshots.ts";
import { writeStrictConfig } from "./strict-project.ts";

// A small project of each tool becomes one of ours: it compiles, and its own test passes on PostgreSQL.

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], cwd: string): Ran {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    FORCE_COLOR: "0",
    NODE_OPTIONS: "",
    NODE_TEST_CONTEXT: undefined,
  };
  return spawnSync(process.execPath, args, { cwd, encoding: "utf8", env });
}

function mustRun(args: readonly string[], cwd: string): Ran {
  const ran = run(args, cwd);
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran;
}

async function solitude(folder: string, ...args: string[]): Promise<Ran> {
  const { code, out, err } = await runCommand(folder, ...args);
  if (code !== 0) throw new Error(`${args.join(" ")}\n${out}${err}`);
  return { status: code, stdout: out, stderr: err };
}

/** Packages of the other tools, which stay away: what is converted must not need them. */
const STAND_INS: Readonly<Record<string, readonly [code: string, types: string]>> = {
  "@pgtyped/runtime": [
    "export class PreparedQuery {}",
    "export declare class PreparedQuery<P, R> { constructor(ir: never); run(params: P, client: unknown): Promise<R[]> }",
  ],
  "@prisma/client": [
    "export class PrismaClient {}",
    "export declare class PrismaClient { $queryRawTyped(query: unknown): Promise<never[]>; $transaction<T>(work: (tx: PrismaClient) => Promise<T>): Promise<T> }",
  ],
  slonik: [
    "export const sql = { unsafe() {}, type() {}, typeAlias: () => () => {}, fragment() {}, array() {}, binary() {}, jsonb() {}, uuid() {}, identifier() {}, interval() {} }; export const createSqlTag = () => sql; export const createPool = () => null;",
    `interface Tag { (parts: TemplateStringsArray, ...values: readonly unknown[]): object }
     export interface FragmentSqlToken { sql: string }
     interface Sql { unsafe: Tag; type(row: unknown): Tag; typeAlias(name: string): Tag; fragment: Tag; array(values: readonly unknown[], type: string): object; binary(data: Buffer): object; jsonb(value: unknown): object; uuid(text: string): object; identifier(names: string[]): object; interval(fields: object): object }
     export declare const sql: Sql;
     export declare function createSqlTag(options: object): Sql;
     type Row = { readonly [name: string]: any };
     export interface CommonQueryMethods {
       one(query: object): Promise<Row>; maybeOne(query: object): Promise<Row | null>; many(query: object): Promise<readonly Row[]>; any(query: object): Promise<readonly Row[]>;
       anyFirst(query: object): Promise<readonly unknown[]>; query(query: object): Promise<unknown>;
     }
     export interface DatabaseTransactionConnection extends CommonQueryMethods {}
     export interface DatabasePool extends CommonQueryMethods { transaction<T>(work: (transaction: DatabaseTransactionConnection) => Promise<T>): Promise<T> }
     export declare function createPool(url: string): Promise<DatabasePool>;`,
  ],
  "@ts-safeql/sql-tag": [
    "export const sql = (parts, ...values) => ({ text: parts.reduce((text, part, i) => `${text}$${i}${part}`), values });",
    "export declare function sql(parts: TemplateStringsArray, ...values: readonly unknown[]): { text: string; values: unknown[] };",
  ],
};

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Copies projects, or one, into the repository, where the packages are found, beside the pool that their tests are given. */
function projectOf(tool: string, schema: string): string {
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "tests/tmp/import-"));
  folders.push(folder);
  cpSync(join(ROOT, "tests/import", tool), folder, { recursive: true });
  for (const [name, [code, types]] of Object.entries(STAND_INS)) {
    const place = join(folder, "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, "package.json"),
      JSON.stringify({
        name,
        type: "module",
        exports: {
          ".": { types: "./index.d.ts", default: "./index.js" },
          "./*": { types: "./*.d.ts", default: "./*.js" },
        },
      }),
    );
    writeFileSync(join(place, "index.js"), code);
    writeFileSync(join(place, "index.d.ts"), types);
  }
  writeFileSync(
    join(folder, "pool.ts"),
    `import { after } from "node:test";
import { createTestDatabase } from "@solitude/runtime/testing";
const database = await createTestDatabase({ schema: { files: ${JSON.stringify(schema)} }, cache: ${JSON.stringify(SNAPSHOTS)} });
after(() => database.close());
export const pool = database.pgPool;
`,
  );
  writeStrictConfig(folder);
  return folder;
}

const compile = (folder: string): Ran =>
  mustRun([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".", ...ONE_CHECKER], folder);

/** Runs the project's own test. */
async function check(folder: string, entry = "service.check.ts"): Promise<string> {
  await build({
    entryPoints: [join(folder, entry)],
    outfile: join(folder, "check.mjs"),
    bundle: true,
    format: "esm",
    packages: "external",
    platform: "node",
  });
  // A file of `node:test` runs itself, in one process.
  const { stdout } = mustRun([...SHORT_LIVED, "--test-reporter=tap", "check.mjs"], folder);
  expect(stdout).toMatch(/^# fail 0$/m);
  return stdout;
}

const read = (folder: string, path: string): string => readFileSync(join(folder, path), "utf8");
const codes = (stderr: string): string[] =>
  [...stderr.matchAll(/^warning\[([\w-]+)\]/gm)].map(([, code]) => code!);

/** Imports, which is shown first and changes nothing, and again, which finds nothing to do. */
async function importIn(folder: string, ...args: string[]): Promise<Ran> {
  const before = readdirSync(folder, { recursive: true }).length;
  const shown = await solitude(folder, "import", ...args);
  expect(shown.stdout).toContain("+++ b/sqlc.yaml");
  expect(readdirSync(folder, { recursive: true })).toHaveLength(before);
  const ran = await solitude(folder, "import", ...args, "--write");
  expect((await solitude(folder, "import", ...args)).stdout).toBe("");
  await solitude(folder, "generate");
  return ran;
}

async function importPgtyped(): Promise<void> {
  const folder = projectOf("pgtyped", "schema.sql");
  const { stderr } = await importIn(folder);
  expect(codes(stderr)).toEqual(["import-unconverted"]);
  expect(stderr).toContain("AddVisitsReturning: rows of visits");
  expect(read(folder, "db/queries/rooms.sql")).toContain(
    "INSERT INTO visits (room_id, guest, rating) VALUES (@roomId, @guest, sqlc.narg('rating'));",
  );
  compile(folder);
  await check(folder);
  // A file of which something is left stays, whatever is asked for.
  await solitude(folder, "import", "--write", "--remove-originals");
  expect(existsSync(join(folder, "src/rooms.sql"))).toBe(true);
}

async function importTypedSql(): Promise<void> {
  const folder = projectOf("typedsql", "prisma/migrations");
  const alone = await solitude(folder, "import");
  expect(codes(alone.stderr)).toEqual(["import-call-site", "import-call-site"]);
  const { stderr } = await importIn(folder, "--client", "pool from ./src/pool");
  expect(codes(stderr)).toEqual([]);
  compile(folder);
  await check(folder);
  await solitude(folder, "import", "--client", "pool from ./src/pool", "--write", "--remove-originals");
  expect(readdirSync(join(folder, "prisma"))).toEqual(["migrations", "sql"]);
  expect(readdirSync(join(folder, "prisma/sql"))).toEqual([]);
}

async function importPg(): Promise<void> {
  const folder = projectOf("pg", "schema.sql");
  await check(folder);
  const { stderr } = await importIn(folder);
  expect(codes(stderr)).toEqual(["import-unconverted", "import-call-site"]);
  expect(read(folder, "src/service.ts")).toContain(
    "const rows = await addRoomQuery(client, { name, seats: options.seats });",
  );
  compile(folder);
  await check(folder);
}

/** Each tool has three projects more, which are compiled and checked at once. */
const BY_THEMSELVES = sliceToRun(
  "projects of a tool, imported by themselves",
  [
    ["pgtyped: files and templates, with what they spread", "pgtyped", importPgtyped],
    ["TypedSQL: files, and calls once it is said what they run on", "typedsql", importTypedSql],
    ["pg and SafeQL: statements in calls, whose tests passed before", "pg", importPg],
  ] as const,
  3,
  { isTouched: ([, folder]) => isTouched(`tests/import/${folder}`) },
);

test.each(BY_THEMSELVES)("%s", (_name, _folder, run) => run());

/** Of each, what its call sites run on, and what is left to a person: `tests/import/more` has their files. */
const MORE: Readonly<Record<string, readonly [client: string | null, left: readonly string[]]>> = {
  // A function of the project's, a text that is put together, what its own class passes on, a callback, two statements in one, and a
  // call on that class.
  "pg-habits": [
    null,
    [
      "import-call-site",
      "import-unconverted",
      "import-unconverted",
      "import-call-site",
      "import-unconverted",
      "import-call-site",
    ],
  ],
  "pg-methods": [null, []],
  "pg-objects": [null, ["import-unconverted"]],
  // A module that has a function for all statements, and that function itself.
  "pg-texts": [null, ["import-call-site", "import-unconverted"]],
  "pgtyped-configured": [null, []],
  // A list of rows, whose members are named otherwise with us.
  "pgtyped-habits": [null, ["import-call-site"]],
  "pgtyped-lists": [null, []],
  "pgtyped-shared": [null, []],
  "pgtyped-templates": [null, []],
  safeql: [null, []],
  "safeql-alias": [null, []],
  "safeql-habits": [null, ["import-unconverted", "import-call-site"]],
  "safeql-transaction": [null, []],
  // The pool itself is made by hand: of `pg`, in place of slonik's.
  slonik: ["pool from ./src/database", []],
  // Parts of statements in four ways, `many`, which throws, and a statement that is made elsewhere.
  "slonik-habits": [
    "pool from ./pool",
    [...Array<string>(4).fill("import-unconverted"), "import-call-site", "import-unconverted"],
  ],
  "slonik-intervals": ["pool from ./pool", []],
  "slonik-methods": ["pool from ./pool", ["import-call-site", "import-unconverted"]],
  "slonik-repository": ["pool from ./pool", ["import-call-site", "import-call-site"]],
  // Two statements in a file, and a query that Prisma runs in its own time.
  "typedsql-habits": ["pool from ./pool", ["import-unconverted", "import-call-site"]],
  "typedsql-lists": ["pool from ./pool", []],
  "typedsql-transaction": ["pool from ./pool", ["import-call-site"]],
};

test("slonik: numbers and times are what it gives by default", async () => {
  const folder = mkdtempSync(join(ROOT, "tests/tmp/import-"));
  folders.push(folder);
  mkdirSync(join(folder, "src"));
  const table =
    "create table events (id bigint primary key, at timestamptz not null, plain timestamp, price numeric not null);";
  writeFileSync(join(folder, "schema.sql"), table);
  writeFileSync(
    join(folder, "src/events.ts"),
    'import { sql, type DatabasePool } from "slonik";\nexport const events = (pool: DatabasePool) => pool.any(sql.unsafe`select * from events`);\n',
  );
  // How imports end is seen in another file.
  writeFileSync(join(folder, "src/other.ts"), 'export { events } from "./events.js";\n');
  await solitude(folder, "import", "--client", "pool from ./src/pool", "--write");
  expect(readFileSync(join(folder, "src/events.ts"), "utf8")).toContain('from "./db/index.js"');
  await solitude(folder, "generate");
  const generated =
    readFileSync(join(folder, "src/db/events_sql.ts"), "utf8") +
    readFileSync(join(folder, "src/db/models.ts"), "utf8");
  for (const field of ["id: number;", "at: number;", "plain: number | null;", "price: number;"])
    expect(generated).toContain(field);
  // What the functions that are written make of PostgreSQL's texts.
  const written = readFileSync(join(folder, "src/slonik-values.ts"), "utf8");
  const module = { exports: {} as Record<string, (value: unknown) => unknown> };
  new Function("module", transformSync(written, { loader: "ts", format: "cjs" }).code)(module);
  const { parseTimestamptz, parseTimestamp, formatTimestamp } = module.exports;
  expect(parseTimestamptz!("2026-11-28 05:30:15.153977+05:30")).toBe(Date.UTC(2026, 10, 28, 0, 0, 15, 153));
  expect(parseTimestamp!("2026-11-28 00:00:15")).toBe(Date.UTC(2026, 10, 28, 0, 0, 15));
  expect(formatTimestamp!(Date.UTC(2026, 10, 28))).toBe("2026-11-28T00:00:00.000Z");
});

test.each(["America/New_York", "Asia/Kolkata", "UTC"])(
  "pg: dates and times without a zone are what it makes of them in %s",
  (zone) => {
    const folder = mkdtempSync(join(ROOT, "tests/tmp/import-"));
    folders.push(folder);
    const { text } = keptValues("templates", false, null).functions!;
    writeFileSync(join(folder, "values.mjs"), transformSync(text, { loader: "ts" }).code);
    writeFileSync(
      join(folder, "compare.mjs"),
      `import assert from "node:assert";
import pg from "pg";
import utils from "pg/lib/utils.js";
import { formatDate, formatTimestamp, parseDate } from "./values.mjs";
const texts = ["2026-11-28", "2024-02-29", "0050-03-01", "1900-01-01", "12026-01-01", "0044-03-15 BC"];
const times = ["2026-03-08 02:30:00", "2026-11-01 01:30:00.5", "1999-12-31 23:59:59.999999", "0001-01-01 00:00:00.001", "0044-03-15 12:00:00 BC"];
for (const [type, all, format] of [[1082, texts, formatDate], [1114, times, formatTimestamp]])
  for (const text of all) {
    const theirs = pg.types.getTypeParser(type)(text);
    const ours = parseDate(text);
    assert.deepEqual([text, ours], [text, theirs]);
    // What it sends has an offset as well, which PostgreSQL leaves out of account for these types.
    const sent = utils.prepareValue(theirs).replace("T", " ").replace(/[+-]\\d\\d:\\d\\d(:\\d\\d)?(?= BC$|$)/, "");
    assert.equal(format(ours), type === 1082 ? sent.replace(/ [\\d:.]+/, "") : sent);
  }
assert.throws(() => parseDate("infinity"), RangeError);
`,
    );
    const ran = spawnSync(process.execPath, ["compare.mjs"], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, TZ: zone, NODE_OPTIONS: "" },
    });
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
  },
);

test("a workspace: the schema is in one package, the calls are in another", async () => {
  const folder = mkdtempSync(join(ROOT, "tests/tmp/import-"));
  folders.push(folder);
  const files: Readonly<Record<string, string>> = {
    "package.json": '{ "private": true, "workspaces": ["packages/*"] }',
    "packages/db/package.json": '{ "name": "@acme/db" }',
    "packages/db/prisma/migrations/1_init/migration.sql": "create table users (id int primary key, age int);",
    "packages/db/prisma/sql/adults.sql":
      "-- @param {Int} $1:least The least age\nSELECT id FROM users WHERE age >= $1\n",
    "packages/api/package.json": '{ "name": "@acme/api" }',
    "packages/api/src/users.ts": `import { PrismaClient } from "../generated/prisma/client.js";
import { adults } from "../generated/prisma/sql.js";
const prisma = new PrismaClient();
export const all = () => prisma.$queryRawTyped(adults(18));
`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const places = ["--queries", "packages/db/queries", "--out", "packages/db/src/queries"];
  await solitude(folder, "import", ...places, "--client", "pool from ./packages/db/src/pool", "--write");
  expect(parse(read(folder, "sqlc.yaml")).sql[0].schema).toBe("packages/db/prisma/migrations");
  const users = read(folder, "packages/api/src/users.ts");
  expect(users).toContain('import { adults } from "../../db/src/queries/index.js";');
  expect(users).toContain("adults(pool, { least: 18 })");
  await solitude(folder, "generate");
  expect(read(folder, "packages/db/src/queries/typedsql_sql.ts")).toContain("least: number | null;");
});

test("what was converted goes when it is asked for, and what something is left of stays", async () => {
  const folder = projectOf("more", "schema.sql");
  const [pgtyped, typedsql] = ["pgtyped-habits", "typedsql-habits"].map((name) => join(folder, name));
  await solitude(pgtyped!, "import", "--write", "--remove-originals");
  // A type of its is imported still, and one query.
  expect(readdirSync(join(pgtyped!, "src"))).toEqual(["events.queries.ts", "pg-values.ts", "service.ts"]);
  expect(read(pgtyped!, "src/service.ts")).toContain(
    'import { addGuests, type mood } from "./events.queries";',
  );
  await solitude(typedsql!, "import", "--client", "pool from ./pool", "--write", "--remove-originals");
  expect(readdirSync(join(typedsql!, "db/queries"))).toEqual(["countRooms.sql", "swap.sql", "typedsql.sql"]);
});

test("three projects of each tool: they compile, and their tests pass", async () => {
  const folder = projectOf("more", "schema.sql");
  const projects = readdirSync(join(ROOT, "tests/import/more"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(projects.toSorted()).toEqual(Object.keys(MORE).toSorted());
  const entries: object[] = [];
  const listed: Record<string, readonly [string | null, readonly string[]]> = {};
  for (const [name, [client]] of Object.entries(MORE)) {
    const own = join(folder, name);
    writeFileSync(join(own, "pool.ts"), 'export { pool } from "../pool";\n');
    const options = client === null ? [] : ["--client", client];
    // Its test is not converted: it is what says that all is as it was.
    const test = read(own, "service.check.ts");
    rmSync(join(own, "service.check.ts"));
    const { stderr } = await solitude(own, "import", "--write", ...options);
    writeFileSync(join(own, "service.check.ts"), test);
    listed[name] = [client, codes(stderr)];
    const { sql } = parse(read(own, "sqlc.yaml")) as {
      sql: { gen: { typescript: { out: string } }; database?: object }[];
    };
    for (const { gen, database: _, ...entry } of sql) {
      const out = `${name}/${gen.typescript.out}`;
      const typescript = { ...gen.typescript, out };
      entries.push({ ...entry, schema: "schema.sql", queries: `${name}/db/queries`, gen: { typescript } });
    }
  }
  expect(listed).toEqual(MORE);
  // What is left in a transaction of Prisma's runs on what Prisma has generated.
  const prisma = join(folder, "node_modules/@prisma/client");
  writeFileSync(join(prisma, "sql.js"), "export const quiet = () => null, countRooms = quiet;\n");
  writeFileSync(
    join(prisma, "sql.d.ts"),
    "export declare function quiet(): unknown;\nexport declare function countRooms(): unknown;\n",
  );
  writeFileSync(join(folder, "slonik/src/database.ts"), 'export { pool } from "../pool";\n');
  writeFileSync(join(folder, "sqlc.yaml"), stringify({ version: "2", sql: entries }));
  await solitude(folder, "generate");
  compile(folder);
  const all = Object.keys(MORE).map((name) => `import "./${name}/service.check";\n`);
  writeFileSync(join(folder, "all.ts"), all.join(""));
  expect(await check(folder, "all.ts")).toContain(`# pass ${projects.length}\n`);
});
