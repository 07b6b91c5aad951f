import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { GenerateRequestSchema } from "../generator/src/plugins/protocol/codegen_pb.ts";
import { messageAsJson } from "../generator/src/plugins/protocol/json.ts";
import { runCommand } from "./command.ts";
import { isLongForm } from "./long-form.ts";
import { findKotlinPlugin, findSqlc, findWasmPlugin, makePlugin } from "./sqlc/real-sqlc.mjs";

const CLI = join(import.meta.dirname, "../generator/bin/solitude-gen.js");
const BIN = join(import.meta.dirname, "../node_modules/.bin/solitude-gen");
const sqlc = await findSqlc();
/** It is made by Go; what else runs here is given the same. */
const plugin = isLongForm || process.env.SQLC_GEN_JSON !== undefined ? makePlugin() : null;
const wasm = findWasmPlugin();
const kotlin = findKotlinPlugin();
const beside = sqlc === null ? test.skip : test;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "plugin-runs-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const readJson = (path: string) => JSON.parse(read(path));

function run(command: string, args: readonly string[], options: { cwd?: string; input?: string } = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8", ...options });
  return { code: status, text: `${stdout}${stderr}`, out: stdout };
}
async function solitude(...args: string[]) {
  const { code, out, err } = await runCommand(root, ...args);
  return { code, text: `${out}${err}` };
}

/** All that a request tells of: types as they are written, schemas, enums, composite types, comments, every kind of parameter. */
const SCHEMA = `create schema shop;
comment on schema shop is 'the shop';
create type mood as enum ('calm', 'wild');
create type shop.size as enum ('s', 'l');
create type pair as (a int, b text);
comment on type mood is 'a mood';
create table t (
  id bigserial primary key, a int not null, b integer, c int4, d bigint, e smallint, f bool, g boolean, h varchar(20),
  i character varying, j char(3), k timestamp with time zone, l timestamptz, m timestamp, n numeric(10,2), o double precision,
  p text[], q int[][], r mood, s shop.size, u pair, v uuid, w jsonb, x bytea, y shop.size[], z interval not null
);
comment on table t is 'the table';
comment on column t.a is 'the column';
create table public.written (id int primary key, at date not null);
create table shop.item (id bigserial primary key, t_id bigint not null references t (id), name text not null, note text);
alter table shop.item add column stock integer not null default 0;
alter table shop.item rename column note to remark;
`;
const QUERIES = `-- name: GetT :one
-- All of it.
select * from t where id = $1;

-- name: ListItems :many
select i.id, i.name as title, count(*), lower(i.name), i.id::text, w.at from shop.item i join written w on w.id = i.stock
where i.name = @name and i.remark = sqlc.narg('remark') group by i.id, w.at limit $1 offset $2;

-- name: AddItem :exec
insert into shop.item (t_id, name) values ($1, $2);

-- name: CopyItems :copyfrom
insert into shop.item (t_id, name) values ($1, $2);

-- name: Both :many
select sqlc.embed(t), sqlc.embed(i), i.name from t join shop.item i on i.t_id = t.id where t.id = any(sqlc.arg(ids)::bigint[]);

-- name: Rename :execrows
update shop.item set name = $1 where id = sqlc.arg(item_id);

-- name: Known :many
select t.d + 1 as next, max(t.a) as highest, 2.5 as ratio, null as gone, array[t.a] as list, known.id from t
left join (select id from written) known on known.id = t.a where t.b = any($1) group by t.d, t.a, known.id;

-- name: Remove :many
delete from t where id in ($1, $2) returning id, a as first, t.p;
`;
/** Answers with the request as it was given, in base64, in a file of that name. */
const RECORDER = `#!${process.execPath}
const { readFileSync } = require("node:fs");
const request = readFileSync(0);
const name = "request";
const text = Buffer.from(request.toString("base64"));
const sized = (field, bytes) => {
  const size = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    if (rest < 128) { size.push(rest); break; }
    size.push((rest & 127) | 128);
  }
  return Buffer.concat([Buffer.from([field * 8 + 2, ...size]), bytes]);
};
const inWords = request[0] === 123;
process.stdout.write(
  inWords
    ? JSON.stringify({ files: [{ name, contents: text.toString("base64") }] })
    : sized(1, Buffer.concat([sized(1, Buffer.from(name)), sized(2, text)])),
);
`;
const JSON_OPTIONS = "options: { indent: '  ', filename: request.json }";
/** Who is given the request, each in a folder of its name, as it says how it is run. */
const GIVEN: Readonly<Record<string, string | null>> = {
  bytes: "process: { cmd: ./record.cjs }",
  words: "process: { cmd: ./record.cjs, format: json }",
  real: plugin && `process: { cmd: "${plugin}" }`,
  module:
    wasm &&
    `wasm: { url: "file://${wasm}", sha256: "${createHash("sha256").update(readFileSync(wasm)).digest("hex")}" }`,
};
const given = Object.keys(GIVEN).filter((name) => GIVEN[name] !== null);
const CONFIG = `version: "2"
plugins:
${given.map((name) => `  - { name: ${name}, ${GIVEN[name]}, env: [HOME] }\n`).join("")}options: { bytes: { shout: "<yes>" } }
sql:
  - engine: postgresql
    schema: schema.sql
    queries: query.sql
    gen: { json: { out: request, filename: request.json, indent: "\t" } }
    codegen:
${given.map((name) => `      - { plugin: ${name}, out: ${name}, ${JSON_OPTIONS} }\n`).join("")}`;

/** The bytes that a plugin was given which answers with them. */
const recorded = (folder: string): Buffer => Buffer.from(read(`${folder}/request`), "base64");

/** The request that a run has written into a folder. */
function requestIn(folder: string) {
  if (folder === "bytes")
    return messageAsJson(GenerateRequestSchema, fromBinary(GenerateRequestSchema, recorded(folder)));
  return folder === "words" ? JSON.parse(recorded(folder).toString()) : readJson(`${folder}/request.json`);
}

/** What differs, as `path: theirs -> ours`; lists are told apart by place. */
function differences(theirs: unknown, ours: unknown, path = ""): string[] {
  if (typeof theirs !== "object" || theirs === null || typeof ours !== "object" || ours === null)
    return theirs === ours ? [] : [`${path}: ${JSON.stringify(theirs)} -> ${JSON.stringify(ours)}`];
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  return keys.flatMap((key) =>
    differences(
      (theirs as Record<string, unknown>)[key],
      (ours as Record<string, unknown>)[key],
      `${path}.${(theirs as Record<string, { name?: string }>)[key]?.name || key}`,
    ),
  );
}

const isSystem = ({ name }: { name: string }): boolean =>
  name === "pg_catalog" || name === "information_schema";

/** Each with its reason. */
const DIFFERENCES = [
  // A column that can be NULL stays so in arithmetic, which has the type that PostgreSQL gives it.
  ".queries.Known.columns.next.not_null: true -> false",
  '.queries.Known.columns.next.int.name: "int" -> "bigint"',
  // The type that is delivered, not the one that the function was declared with.
  '.queries.Known.columns.highest.anyarray.name: "anyarray" -> "integer"',
  // What sqlc has no type for, or the wrong one.
  '.queries.Known.columns.ratio.float.name: "float" -> "numeric"',
  '.queries.Known.columns.gone.any.name: "any" -> "text"',
  ".queries.Known.columns.list.not_null: false -> true",
  ".queries.Known.columns.list.is_array: false -> true",
  '.queries.Known.columns.list.any.name: "any" -> "int"',
  ".queries.Known.columns.list.array_dims: 0 -> 1",
  // The subquery of an outer join may be missing.
  ".queries.Known.columns.id.not_null: true -> false",
];

describe("a request", () => {
  beside("is sqlc's own, field by field, to gen.json, a process and a module", async () => {
    write({ "schema.sql": SCHEMA, "query.sql": QUERIES, "sqlc.yaml": CONFIG, "record.cjs": RECORDER });
    chmodSync(join(root, "record.cjs"), 0o755);
    expect(run(sqlc!, ["generate"])).toMatchObject({ code: 0, text: "" });
    const folders = ["request", ...given];
    const theirs = folders.map(requestIn);
    // What is read of sqlc's bytes is all of them, and is written as sqlc writes it.
    const sent = recorded("bytes");
    const again = toBinary(GenerateRequestSchema, fromBinary(GenerateRequestSchema, sent));
    expect(Buffer.from(again).equals(sent)).toBe(true);
    const head = read("request/request.json").split("\n").slice(0, 40);
    for (const folder of folders) rmSync(join(root, folder), { recursive: true });
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    expect(read("request/request.json").split("\n").slice(0, 40)).toEqual(head);
    for (const [i, folder] of folders.entries()) {
      const ours = requestIn(folder);
      for (const { catalog } of [theirs[i], ours]) {
        const system = catalog.schemas.filter(isSystem);
        expect(system.map(({ name }: { name: string }) => name)).toEqual(
          folder === "module" ? [] : ["pg_catalog", "information_schema"],
        );
        // Theirs are those of another release.
        for (const schema of system) expect(schema.tables.length).toBeGreaterThan(60);
        catalog.schemas = catalog.schemas.filter((schema: { name: string }) => !isSystem(schema));
      }
      expect(differences(theirs[i], ours)).toEqual(DIFFERENCES);
    }
    expect(await solitude("generate", "--check")).toMatchObject({ code: 0 });
  });

  beside("names parameters that their author did not name as sqlc does", async () => {
    write({
      "schema.sql": SCHEMA,
      "query.sql": `-- name: Read :many
select substr(t.h, $1, $2), make_interval(days => $3), make_interval(hours := $4::int), concat($5::text), $6::text as label from t
where t.p && $7::text[] and t.w ->> 'a' = $8 and (t.a, t.b) = ($9, $10) and $11 < t.a + 1 and t.k > t.l - $12::interval
and lower(t.h) like $13 and t.n between $14 and $15 and t.e in ($16, $17) and ($18::text is null or t.h = $18) and t.d = any($19)
order by case when $20::bool then t.id end limit $21::int offset $22;
-- name: Store :exec
update t set a = a + $1, h = coalesce($2, h), d = $3, p = $4::text[] where id = $5 and upper(h) = $6;
-- name: Insert :exec
insert into shop.item (t_id, name, stock) values ($1, $2::text, $3 + 1);
`,
      "sqlc.yaml": `version: "2"\nsql:\n  - { engine: postgresql, schema: schema.sql, queries: query.sql, gen: { json: { out: out } } }\n`,
    });
    const names = (): unknown =>
      readJson("out/codegen_request.json").queries.map(
        ({ params }: { params: { number: number; column: { name: string } }[] }) =>
          params.map(({ number, column }) => `$${number} ${column.name}`),
      );
    expect(run(sqlc!, ["generate"])).toMatchObject({ code: 0, text: "" });
    const theirs = names();
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    expect(names()).toEqual(theirs);
  });

  (sqlc === null || kotlin === null ? test.skip : test)(
    "makes sqlc's plugin for Kotlin write the same",
    async () => {
      const sha256 = createHash("sha256").update(readFileSync(kotlin!)).digest("hex");
      const entry = `{ plugin: kt, out: out, options: { package: com.example } }`;
      write({
        "schema.sql": SCHEMA,
        "query.sql": QUERIES.replace(/-- name: Known[\s\S]*?;\n/, "").replace(
          /-- name: CopyItems[\s\S]*?;\n/,
          "",
        ),
        "sqlc.yaml": `version: "2"\nplugins:\n  - { name: kt, wasm: { url: "file://${kotlin}", sha256: "${sha256}" } }\nsql:\n  - { engine: postgresql, schema: schema.sql, queries: query.sql, codegen: [${entry}] }\n`,
      });
      const files = () =>
        Object.fromEntries(readdirSync(join(root, "out")).map((name) => [name, read(`out/${name}`)]));
      expect(run(sqlc!, ["generate"])).toMatchObject({ code: 0, text: "" });
      const theirs = files();
      rmSync(join(root, "out"), { recursive: true });
      expect(await solitude("generate")).toMatchObject({ code: 0 });
      expect(files()).toEqual(theirs);
    },
  );

  const FIXTURE = join(import.meta.dirname, "../../shared/cases/sqlc/codegen_json");
  test("is that of sqlc's own case, field by field", async () => {
    if (!existsSync(FIXTURE)) return console.warn(`skipped: ${FIXTURE} is missing`);
    cpSync(FIXTURE, root, { recursive: true });
    const theirs = readJson("gen/codegen.json");
    rmSync(join(root, "gen"), { recursive: true });
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    const ours = readJson("gen/codegen.json");
    for (const { catalog } of [theirs, ours])
      catalog.schemas = catalog.schemas.filter((schema: { name: string }) => !isSystem(schema));
    expect(differences(theirs, ours)).toEqual([]);
  });
});

const AUTHORS = {
  "schema.sql": "create table authors (id bigserial primary key, name text not null, bio text);\n",
  "query.sql": "-- name: GetAuthor :one\nselect * from authors where id = $1;\n",
};
const withPlugin = (process: string, rest = "") =>
  `version: "2"\nplugins:\n  - { name: p, process: ${process}, env: [PATH] }\nsql:\n  - engine: postgresql\n    schema: schema.sql\n    queries: query.sql\n    codegen: [{ plugin: p, out: out${rest} }]\n`;

/** A plugin that answers with files of these names, which hold what `said` is. */
function script(...names: string[]): void {
  const contents = Buffer.from(said).toString("base64");
  const answer = JSON.stringify({ files: names.map((name) => ({ name, contents })) });
  writeFileSync(
    join(root, "plugin.mjs"),
    `#!${process.execPath}\nprocess.stdout.write(${JSON.stringify(answer)});`,
  );
  chmodSync(join(root, "plugin.mjs"), 0o755);
}
let said = "";
const SCRIPT = "{ cmd: ./plugin.mjs, format: json }";

describe("what a plugin answers", () => {
  test("is written as sqlc writes it, compared by --check, and run again though nothing else has changed", async () => {
    write({ ...AUTHORS, "sqlc.yaml": withPlugin(SCRIPT), "out/a.txt": "by hand\n" });
    said = "first\n";
    script("a.txt");
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    expect(read("out/a.txt")).toBe("first\n");
    expect(await solitude("generate", "--check")).toMatchObject({ code: 0 });
    said = "second\n";
    script("a.txt");
    expect(await solitude("generate", "--check")).toMatchObject({
      code: 1,
      text: expect.stringContaining("+second"),
    });
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    expect(read("out/a.txt")).toBe("second\n");
  });

  test("is refused outside of `out`", async () => {
    write({ ...AUTHORS, "sqlc.yaml": withPlugin(SCRIPT) });
    const names = ["../a.txt", "/a.txt", "b/../../a.txt"];
    script(...names);
    const { code, text } = await solitude("generate");
    expect(code).toBe(1);
    for (const name of names)
      expect(text).toContain(
        `[output-path-invalid]: invalid output file "${name}": it is outside of the folder "out"`,
      );
    expect(text).toContain("nothing was written");
    expect(existsSync(join(root, "a.txt")) || existsSync(join(root, "out"))).toBe(false);
  });

  test("may be an error, told at its place; then nothing is written", async () => {
    write({ ...AUTHORS, "sqlc.yaml": withPlugin("{ cmd: no-such-plugin }") });
    const { code, text } = await solitude("generate");
    expect(code).toBe(1);
    expect(text).toMatch(/plugin-failed[\s\S]*no-such-plugin is not found[\s\S]*sqlc\.yaml:8/);
  });
});

describe("as a plugin of sqlc's", () => {
  const OPTIONS = ", options: { int8: bigint }";
  const generated = (): Record<string, string> =>
    Object.fromEntries(readdirSync(join(root, "out")).map((name) => [name, read(`out/${name}`)]));

  beside("it answers what generate writes of the same configuration, wherever sqlc is started", async () => {
    write({ ...AUTHORS, "sqlc.yaml": withPlugin(`{ cmd: ${BIN} }`, OPTIONS) });
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    const ours = generated();
    expect(ours["models.ts"]).toContain("id: bigint");
    rmSync(join(root, "out"), { recursive: true });
    mkdirSync(join(root, "elsewhere"));
    expect(run(sqlc!, ["generate", "-f", "../sqlc.yaml"], { cwd: join(root, "elsewhere") })).toMatchObject({
      code: 0,
    });
    expect(generated()).toEqual(ours);
    write({
      "query.sql": "-- name: GetAuthor :one\nselect *, bio + 1 as x from authors where id = $1;\n",
    });
    expect(run(sqlc!, ["generate"])).toMatchObject({
      code: 1,
      text: expect.stringContaining("query-invalid"),
    });
  });

  test("it answers JSON with JSON, and says what is wrong with a request", async () => {
    const json = "gen: { json: { out: request } }";
    write({ ...AUTHORS, "sqlc.yaml": withPlugin(SCRIPT).replace(/codegen: .*/, json) });
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    const request = readJson("request/codegen_request.json");
    const ask = (changes: object, method: string[] = ["plugin"]) =>
      run(process.execPath, [CLI, ...method], { input: JSON.stringify({ ...request, ...changes }) });
    const bytes = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64");
    const { code, out } = ask({ plugin_options: bytes({ int8: "bigint" }) }, [
      "/plugin.CodegenService/Generate",
    ]);
    expect(code).toBe(0);
    const { files } = JSON.parse(out) as { files: { name: string; contents: string }[] };
    const texts = Object.fromEntries(
      files.map(({ name, contents }) => [name, Buffer.from(contents, "base64").toString()]),
    );
    expect(Object.keys(texts).sort()).toEqual(["codec.ts", "index.ts", "models.ts", "query_sql.ts"]);
    expect(texts["models.ts"]).toContain("id: bigint");
    for (const [changes, message] of [
      [{ plugin_options: bytes({ int9: 1 }) }, "int9"],
      [{ settings: { ...request.settings, schema: ["no-such.sql"] } }, "no-such.sql"],
    ] as const) {
      expect(ask({ plugin_options: "", ...changes })).toMatchObject({
        code: 2,
        text: expect.stringContaining(message),
      });
    }
    expect(run(process.execPath, [CLI, "plugin"], { input: "\u0001\u0002nonsense" })).toMatchObject({
      code: 2,
    });
  });
});
