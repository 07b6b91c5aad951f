import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { generateIn } from "./command.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import { writeStrictConfig } from "./strict-project.ts";

// Documents that a schema of the application describes: their type, and what is told where one is not so.

const SCHEMA = `
create table agents (id int primary key, conf jsonb not null, maybe json, plain jsonb not null, tag text not null);
create view settings as select id, conf as kept from agents;
create table plans (id int primary key, conf jsonb not null, mail jsonb not null, steps jsonb[] not null, marks jsonb[]);
comment on column plans.marks is '@type {{ at: number }[]}';
`;
const QUERIES = `
-- name: ListAgents :many
select * from agents order by id;

-- name: Built :many
select to_jsonb(a) as whole, json_build_object('of', a.conf, 'maybe', a.maybe, 'none', a.plain) as built,
  json_agg(a.conf) over () as each, json_build_array(a.id, a.conf) as pair, json_object_agg(a.id, a.conf) over () as by_id,
  (select array_agg(s.kept) from settings s) as listed,
  case when a.id = 1 then json_build_object('x', a.conf) else json_build_object('x', a.id) end as either
from agents a where a.id = @id;

-- name: Told :many
select p.steps, json_build_object('steps', p.steps, 'marks', p.marks) as listed,
  case when p.id = 1 then json_build_object('is', 'conf', 'doc', p.conf) else json_build_object('is', 'mail', 'doc', p.mail) end as told,
  case when p.id = 1 then json_build_object('x', p.conf) else to_json(p.id) end as beside,
  case when p.id = 1 then p.conf end as own, coalesce(p.conf, p.mail) as one_of,
  jsonb_set(jsonb_build_object('a', p.id), '{b}', p.conf) as set, row_to_json(row (p.conf)) as row
from plans p order by p.id;

-- name: AddAgent :exec
insert into agents (id, conf, maybe, plain, tag) values (@id, @conf, @maybe, '{}', @tag);

-- name: AddAgents :exec
insert into agents (id, conf, plain, tag) select r.id, r.conf, '{}', '' from json_to_recordset(@rows::json) as r (id int, conf jsonb);

-- name: FindAgents :many
select id from agents where conf = any(@confs::jsonb[]) order by id;
`;
/** As an application has it: of zod, one of its own, and one that answers later. */
const SCHEMAS = `import { z } from "zod";
export const Conf = z.object({ model: z.string(), limits: z.array(z.object({ steps: z.number() })).default([]) });
export const Mail = z.object({ to: z.string(), copies: z.array(z.string()).default([]) });
export const Steps = z.array(z.object({ n: z.number(), done: z.boolean().default(false) }));
export const Shapes = { Maybe: z.object({ a: z.number() }).nullable() };
export const Tag = {
  "~standard": {
    version: 1 as const, vendor: "own", types: undefined as undefined | { input: "t"; output: "t" },
    validate: (value: unknown) => value === "t" ? { value: "t" as const } : { issues: [{ message: "is no tag" }] },
  },
};
`;
const from = "../schemas.js";
const overrides = (check: string) => [
  { column: "agents.conf", schema: { name: "Conf", from }, check },
  { column: "settings.kept", schema: { name: "Conf", from }, check },
  { column: "agents.maybe", schema: { name: "Shapes.Maybe", from }, check },
  { column: "plans.conf", schema: { name: "Conf", from }, check },
  { column: "plans.mail", schema: { name: "Mail", from }, check },
  { column: "plans.steps", schema: { name: "Steps", from }, check },
  { column: "agents.tag", schema: { name: "Tag", from }, check },
];

type Row = Record<string, unknown>;
interface Module {
  listAgents(client: unknown): Promise<Row[]>;
  built(client: unknown, args: { id: number }): Promise<Row[]>;
  told(client: unknown): Promise<Row[]>;
  addAgent(client: unknown, args: Row): Promise<void>;
  addAgents(client: unknown, args: { rows: readonly Row[] }): Promise<void>;
  findAgents(client: unknown, args: { confs: readonly unknown[] }): Promise<unknown[]>;
  readonly DecodeError: new () => Error;
}

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  // Inside the repository, so that zod is found from there.
  const tmp = fileURLToPath(new URL("./tmp/", import.meta.url));
  mkdirSync(tmp, { recursive: true });
  folder = mkdtempSync(join(tmp, "schemas-"));
  database = await createDatabase();
  await database.pool.query(SCHEMA);
});
afterAll(async () => {
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function generate(check: string): Promise<string> {
  const root = join(folder, check);
  const typescript = {
    out: "generated",
    driver: "pg",
    import_extension: ".js",
    overrides: overrides(check),
  };
  const files: Record<string, string> = {
    "sqlc.json": JSON.stringify({
      version: "2",
      sql: [{ engine: "postgresql", schema: "schema.sql", queries: "q.sql", gen: { typescript } }],
    }),
    "schema.sql": SCHEMA,
    "q.sql": QUERIES,
    "schemas.ts": SCHEMAS,
    "use.ts": USE,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  await generateIn(root);
  return root;
}

async function load(root: string): Promise<Module> {
  const outfile = join(root, "generated.mjs");
  await build({ entryPoints: [join(root, "generated/index.ts")], outfile, bundle: true, format: "esm" });
  return (await import(pathToFileURL(outfile).href)) as Module;
}

/** What compiles only where the types are those of the schemas. */
const USE = `import type { AddAgentArgs, BuiltRow, ListAgentsRow, ToldRow } from "./generated/index.js";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Conf = { model: string; limits: { steps: number }[] };
type Mail = { to: string; copies: string[] };
type Steps = { n: number; done: boolean }[];
export const all: [
  Same<ListAgentsRow["conf"], Conf>, Same<ListAgentsRow["maybe"], { a: number } | null>, Same<ListAgentsRow["tag"], "t">,
  Same<AddAgentArgs["conf"], Conf>, Same<BuiltRow["whole"]["conf"], Conf>, Same<BuiltRow["built"]["of"], Conf>,
  Same<BuiltRow["pair"], [number, Conf]>,
  Same<ToldRow["steps"], Steps>, Same<ToldRow["listed"], { steps: Steps; marks: { at: number }[] | null }>,
  Same<ToldRow["told"], { is: "conf"; doc: Conf } | { is: "mail"; doc: Mail }>,
  Same<ToldRow["beside"], { x: Conf } | number>, Same<ToldRow["own"], Conf | null>,
  Same<ToldRow["set"], { a: number; b: Conf }>, Same<ToldRow["row"], { f1: Conf }>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true];
`;

const TSC = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
/** What the compiler says of the generated code and its use. */
function compile(root: string): string {
  writeStrictConfig(root);
  return spawnSync(process.execPath, [TSC, "-p", root, ...ONE_CHECKER], { encoding: "utf8" }).stdout;
}

const fine = { model: "m", limits: [{ steps: 1 }] };
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "fine",
    (error: Error) => `${error.name} ${error.message}`,
  );

test("the type is what the schema gives, and without a check no code of it is imported", async () => {
  const root = await generate("none");
  expect(compile(root)).toBe("");
  const module = await load(root);
  await database.pool.query("truncate agents");
  await module.addAgent(database.pool, { id: 1, conf: { model: 3 }, maybe: null, tag: "other" });
  expect(await module.listAgents(database.pool)).toMatchObject([{ conf: { model: 3 }, tag: "other" }]);
});

test("a check is made where it was asked for, and names query, column and path", async () => {
  const root = await generate("both");
  expect(compile(root)).toBe("");
  const module = await load(root);
  const { pool } = database;
  await pool.query("truncate agents");
  const wrong = { model: "m", limits: [{ steps: 1 }, { steps: "two" }] };
  expect(await message(module.addAgent(pool, { id: 1, conf: wrong, maybe: null, tag: "t" }))).toMatch(
    /^EncodeError AddAgent: argument "conf": is not as its schema says: limits\[1\]\.steps: /,
  );
  expect(await message(module.addAgent(pool, { id: 1, conf: fine, maybe: null, tag: "x" }))).toBe(
    'EncodeError AddAgent: argument "tag": is not as its schema says: is no tag',
  );
  expect(
    await message(
      module.addAgents(pool, {
        rows: [
          { id: 7, conf: fine },
          { id: 8, conf: wrong },
        ],
      }),
    ),
  ).toMatch(
    /^EncodeError AddAgents: argument "rows": row 1: "conf" is not as its schema says: limits\[1\]\.steps: /,
  );
  expect(await message(module.findAgents(pool, { confs: [fine, wrong] }))).toMatch(
    /^EncodeError FindAgents: argument "confs": is not as its schema says: limits\[1\]\.steps: /,
  );
  await module.addAgent(pool, { id: 1, conf: fine, maybe: { a: 1 }, tag: "t" });
  expect(await module.listAgents(pool)).toEqual([
    { id: 1, conf: fine, maybe: { a: 1 }, plain: {}, tag: "t" },
  ]);
  // What the schema makes of it is what is read, also inside of other JSON.
  await pool.query(`update agents set conf = '{"model": "n"}', maybe = null`);
  const made = { model: "n", limits: [] };
  expect(await module.built(pool, { id: 1 })).toEqual([
    {
      whole: { id: 1, conf: made, maybe: null, plain: {}, tag: "t" },
      built: { of: made, maybe: null, none: {} },
      each: [made],
      pair: [1, made],
      byId: { 1: made },
      // An array of what is stored is checked item by item.
      listed: [made],
      // Something else may stand there.
      either: { x: { model: "n" } },
    },
  ]);
  await pool.query(`update agents set conf = '{"model": "n", "limits": [{}]}'`);
  expect(await message(module.listAgents(pool))).toMatch(
    /^DecodeError ListAgents: column "conf": is not as its schema says: limits\[0\]\.steps: /,
  );
  expect(await message(module.built(pool, { id: 1 }))).toMatch(
    /^DecodeError Built: column "whole": is not as its schema says: conf\.limits\[0\]\.steps: /,
  );
});

test("in unions, arrays and beside what is none, documents are what their own schemas make of them", async () => {
  const { told } = await load(await generate("both"));
  const { pool } = database;
  await pool.query("truncate plans");
  await pool.query(`insert into plans values
    (1, '{"model": "m"}', '{"to": "t"}', array['{"n": 1}'::jsonb], array['{"at": 2}'::jsonb]),
    (2, '{"model": "n"}', '{"to": "u"}', '{}', null)`);
  const conf = { model: "m", limits: [] };
  const steps = [{ n: 1, done: false }];
  const [first, second] = await told(pool);
  expect(first).toMatchObject({
    steps,
    listed: { steps, marks: [{ at: 2 }] },
    told: { is: "conf", doc: conf },
    beside: { x: conf },
    own: conf,
    // It may be either, and nothing says which.
    oneOf: { model: "m" },
    set: { a: 1, b: conf },
    row: { f1: conf },
  });
  expect(second).toMatchObject({ told: { is: "mail", doc: { to: "u", copies: [] } }, beside: 2, own: null });
  await pool.query(`update plans set mail = '{"to": 1}' where id = 2`);
  expect(await message(told(pool))).toMatch(
    /^DecodeError Told: column "told": is not as its schema says: doc\.to: /,
  );
  await pool.query(`update plans set mail = '{"to": "u"}', steps = array['{"n": "x"}'::jsonb] where id = 2`);
  expect(await message(told(pool))).toMatch(
    /^DecodeError Told: column "steps": is not as its schema says: \[0\]\.n: /,
  );
});

test("what is read alone, or written alone, is checked alone", async () => {
  const { pool } = database;
  await pool.query("truncate agents");
  const wrong = { id: 1, conf: { model: 1 }, maybe: null, tag: "t" };
  const reads = await load(await generate("read"));
  await reads.addAgent(pool, wrong);
  expect(await message(reads.listAgents(pool))).toMatch(/^DecodeError ListAgents: column "conf".* model: /);
  const writes = await load(await generate("write"));
  expect(await writes.listAgents(pool)).toMatchObject([{ conf: { model: 1 } }]);
  expect(await message(writes.addAgent(pool, { ...wrong, id: 2 }))).toMatch(
    /^EncodeError AddAgent: argument "conf"/,
  );
});
