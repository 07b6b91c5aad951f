// What sqlc's TypeScript plugin gets wrong (v0.1.3), and what `generate` makes in its place of the same configuration: a test for each.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { generateIn, runCommand } from "./command.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

const ROOT = join(import.meta.dirname, "..");
const SCHEMA = `create type mood as enum ('calm', 'wild');
create table students (id bigint primary key, name text not null, "userId" int, user_id int, mood mood, born date, at time, spell interval);
create table scores (student_id bigint not null references students (id), score int not null, taken timestamptz not null);
`;
const QUERIES = `-- name: ScoresOf :many
-- Who got what.
select sqlc.embed(students), sqlc.embed(scores) from students join scores on scores.student_id = students.id order by score;

-- name: TakenBetween :many
select score from scores where taken >= $1 and taken < $2 order by score;

-- name: WithIds :many
select name from students where id = any($1::bigint[]) order by name;

-- name: Rename :execrows
update students set name = @name where id = @id;

-- name: Calm :execresult
update students set mood = 'calm' where mood = 'wild';

-- name: AddScores :copyfrom
insert into scores (student_id, score, taken) values ($1, $2, $3);

-- name: AddEach :batchexec
insert into scores (student_id, score, taken) values ($1, $2, $3);

-- name: Lengths :one
select length(name) as letters, name = 'x' as is_x, id + 1 as next, 1.5::real as half, length(name)::smallint as few from students where id = $1;

-- name: Times :one
select born, at, spell, null as nothing from students where id = $1;

-- name: Moods :many
select mood from students where mood = $1 order by id;

-- name: Digits :many
select name from students where name ~ '^\\d+$' and name <> '\`\${x}\`' order by name;

-- name: BothIds :one
select "userId", user_id, "userId" as "userID", 1 + 1, 'x' as "with space", 'y' as "1st" from students where id = $1;

-- name: Delete :exec
delete from scores where student_id = $1;

-- name: InList :many
select name from students where id in (sqlc.slice(ids)) order by name;

-- name: Touch :one
select pg_notify('students', @payload);
`;
const CONFIG = `version: "2"
plugins:
  - name: ts
    wasm: { url: https://downloads.sqlc.dev/plugin/sqlc-gen-typescript_0.1.3.wasm, sha256: 287df8f6cc06377d67ad5ba02c9e0f00c585509881434d15ea8bd9fc751a9368 }
sql:
  - engine: postgresql
    schema: schema.sql
    queries: school.students.sql
    codegen: [{ plugin: ts, out: db, options: { runtime: node, driver: pg } }]
`;
/** Compiles only where the types are as they should be. */
const USE = `import { Pool } from "pg";
import * as db from "./db/index.js";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => {};
holds<Same<db.LengthsRow["letters"], number>>();
holds<Same<db.LengthsRow["isX"], boolean>>();
holds<Same<db.LengthsRow["next"], string>>();
holds<Same<db.LengthsRow["half"], number>>();
holds<Same<db.LengthsRow["few"], number>>();
holds<Same<db.TimesRow["at"], string | null>>();
holds<Same<db.TimesRow["born"], Date | null>>();
holds<Same<db.TimesRow["nothing"], string | null>>();
holds<Same<db.MoodsRow["mood"], db.Mood>>();
holds<Same<db.Student["mood"], db.Mood | null>>();
holds<Same<db.Mood, "calm" | "wild">>();
holds<Same<db.ScoresOfRow["students"], db.Student>>();
holds<Same<db.ScoresOfRow["scores"], db.Score>>();
holds<Same<db.WithIdsArgs["dollar_1" extends keyof db.WithIdsArgs ? "dollar_1" : keyof db.WithIdsArgs], string[]>>();
holds<Same<db.InListArgs["ids"], string[]>>();
export const all = async (pool: Pool) => [await db.delete_(pool, { studentId: "1" }), await db.rename(pool, { id: "1", name: "x" })] as const;
`;

const SURROUNDINGS = {
  "package.json": '{ "type": "module" }',
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      ...{
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noUnusedLocals: true,
      },
      ...{
        verbatimModuleSyntax: true,
        isolatedModules: true,
        module: "nodenext",
        target: "es2023",
        noEmit: true,
      },
      types: ["node", "pg"],
    },
    include: ["use.ts"],
  }),
};

type Functions = Record<string, (client: unknown, args?: unknown) => Promise<unknown>>;

let folder: string;
let database: TestDatabase;
let db: Functions;
let text: string;
beforeAll(async () => {
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "tests/tmp/typescript-"));
  const files = {
    "schema.sql": SCHEMA,
    "school.students.sql": QUERIES,
    "sqlc.yaml": CONFIG,
    "use.ts": USE,
    ...SURROUNDINGS,
  };
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);
  await generateIn(folder);
  const outfile = join(folder, "db.mjs");
  await build({ entryPoints: [join(folder, "db/index.ts")], outfile, bundle: true, format: "esm" });
  db = (await import(pathToFileURL(outfile).href)) as Functions;
  text = readFileSync(join(folder, "db/school_students_sql.ts"), "utf8");
  database = await createDatabase();
  await database.pool.query(
    `${SCHEMA}insert into students values (1, 'ann', 10, 20, 'wild', '2001-02-03', '04:05', '1 day'), (2, '42', null, null, null, null, null, null);
     insert into scores values (1, 7, '2020-01-01'), (1, 9, '2021-01-01');`,
  );
});
afterAll(async () => {
  await database?.drop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const call = (name: string, args?: unknown): Promise<unknown> => db[name]!(database.pool, args);

test("1: an embed is an object of its model, and what stands behind it has its own value", async () => {
  const [first] = (await call("scoresOf")) as { students: object; scores: object }[];
  expect(first).toMatchObject({
    students: { id: "1", name: "ann", mood: "wild" },
    scores: { studentId: "1", score: 7 },
  });
});

test("2: two parameters on one column are two", async () => {
  const [, from, to] = /interface TakenBetweenArgs \{\s*(\w+): Date;\s*(\w+): Date;/.exec(text)!;
  expect(from).not.toBe(to);
  const args = { [from!]: new Date("2020-06-01"), [to!]: new Date("2022-01-01") };
  expect(await call("takenBetween", args)).toEqual([{ score: 9 }]);
});

test("3: a parameter that nothing names has a name", async () => {
  const [, name] = /interface WithIdsArgs \{\s*(\w+): string\[\];/.exec(text)!;
  expect(await call("withIds", { [name!]: ["1"] })).toEqual([{ name: "ann" }]);
});

test("4: every command has its function", async () => {
  expect(await call("rename", { id: "2", name: "42" })).toBe(1);
  expect(await call("calm")).toMatchObject({ rowCount: 1 });
  await database.pool.query("update students set mood = 'wild' where id = 1");
  const rows = [{ studentId: "2", score: 1, taken: new Date() }];
  expect(await call("addScores", rows)).toBe(1);
  await call("addEach", rows);
  const { rows: counted } = await database.pool.query(
    "select count(*)::int as n from scores where student_id = 2",
  );
  expect(counted).toEqual([{ n: 2 }]);
});

test("5: SQL's own names of types are known", async () => {
  expect(await call("lengths", { id: "1" })).toEqual({
    letters: 3,
    isX: false,
    next: "2",
    half: 1.5,
    few: 3,
  });
});

test("6: a time of day is text, an interval needs no import that is missing", async () => {
  expect(await call("times", { id: "1" })).toMatchObject({
    born: new Date("2001-02-03"),
    at: "04:05:00",
    nothing: null,
  });
});

test("7: an enum is a union of its labels", async () => {
  expect(await call("moods", { mood: "wild" })).toEqual([{ mood: "wild" }]);
});

test("8: SQL reaches the server as it was written: backslashes, backticks, dollar signs", async () => {
  expect(await call("digits")).toEqual([{ name: "42" }]);
});

test("9: names stay apart, and are TypeScript's", async () => {
  const row = (await call("bothIds", { id: "1" })) as object;
  expect(Object.values(row).sort()).toEqual([10, 10, 2, 20, "x", "y"].sort());
  expect(await call("delete_", { studentId: "2" })).toBeUndefined();
});

test("10: a file is written once, its name without dots", () => {
  expect(readdirSync(join(folder, "db")).sort()).toEqual([
    "codec.ts",
    "index.ts",
    "models.ts",
    "school_students_sql.ts",
  ]);
  expect(text.match(/function rename\(/g)).toHaveLength(1);
});

test("11: it compiles under verbatimModuleSyntax and the strictest settings, with the types that it should have", () => {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(tsc, ["-p", ".", ...ONE_CHECKER], { cwd: folder, encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
});

test("12: a slice is a list; :one of what has no value is no empty object; comments of queries, models and options are there", async () => {
  expect(await call("inList", { ids: ["1", "2"] })).toEqual([{ name: "42" }, { name: "ann" }]);
  expect(Object.keys((await call("touch", { payload: "x" })) as object)).toEqual(["pgNotify"]);
  expect(text).toContain("Who got what.");
  expect(readFileSync(join(folder, "db/models.ts"), "utf8")).toContain("export interface Student ");
});

test("13: it is small: no compiler, no module of 72 MB", () => {
  const sizes = readdirSync(join(ROOT, "generator/dist")).map(
    (name) => statSync(join(ROOT, "generator/dist", name)).size,
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(72_685_305);
});

test("14: a command that PostgreSQL has not is refused, and named; nothing of the others is lost without a word", async () => {
  const other = mkdtempSync(join(ROOT, "tests/tmp/typescript-"));
  try {
    const queries = "-- name: Last :execlastid\ninsert into scores values (1, 2, now());\n";
    const files = { "schema.sql": SCHEMA, "school.students.sql": queries, "sqlc.yaml": CONFIG };
    for (const [name, contents] of Object.entries(files)) writeFileSync(join(other, name), contents);
    const { code, err } = await runCommand(other, "generate");
    expect(code).toBe(1);
    expect(err).toMatch(/annotation-command-unsupported[\s\S]*school\.students\.sql:1/);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});
