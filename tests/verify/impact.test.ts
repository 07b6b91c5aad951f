import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ran, runCommand } from "../command.ts";

// An application whose generated code changes, as `solitude-gen impact` sees it.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCHEMA =
  "create table people (id int primary key, name text not null, mood text not null default 'ok');\n";
const QUERIES = `-- name: GetPerson :one
select * from people where id = $1;
-- name: AddPerson :exec
insert into people (id, name) values ($1, $2);
-- name: CountPeople :one
select count(*) from people;
`;
const APPLICATION = `import * as db from "@test/client";
import { addPerson, countPeople, getPerson, type Client, type GetPersonRow } from "@test/client";

export async function greet(client: Client, id: number): Promise<string> {
  const person: GetPersonRow | null = await getPerson(client, { id });
  return \`Hello \${person?.name.trim()}, \${person?.mood.trim()}\`;
}
export const add = (client: Client) => addPerson(client, { id: 1, name: "a" });
export const count = (client: Client) => countPeople(client);
export const all = (client: Client) => db.getPerson(client, { id: 2 });
export const wrong: number = "this never compiled";
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-impact-"));
  write(
    "base/sqlc.yaml",
    'version: "2"\nsql: [{ engine: postgresql, schema: schema.sql, queries: q.sql, gen: { typescript: { out: client/src } } }]\n',
  );
  write("base/schema.sql", SCHEMA);
  write("base/q.sql", QUERIES);
  write("base/client/package.json", '{ "name": "@test/client", "type": "module" }');
  write("base/app/main.ts", APPLICATION);
  const compilerOptions = {
    strict: true,
    module: "nodenext",
    moduleResolution: "nodenext",
    target: "es2022",
    // Without the browser's, which is most of what there would be to read, at each run twice.
    lib: ["es2022"],
    types: [],
    allowJs: true,
  };
  write("base/app/tsconfig.json", JSON.stringify({ compilerOptions, include: ["."] }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** The files that tests put others in the place of. */
test("a query whose name is a word elsewhere concerns those who use the query", async () => {
  // Each is a word of comments, or a parameter, of the generated code.
  const words = ["One", "Text", "Values", "Value", "Rows", "Query"];
  const named = words.map((word) => `-- name: ${word} :one\nselect name from people where id = $1;\n`);
  write("base/q.sql", QUERIES + named.join(""));
  try {
    const changed = named.map((query) => query.replace("id = $1", "name = $1 or mood = $2"));
    const { status, found } = await impact(SCHEMA, QUERIES + changed.join(""));
    expect([status, found]).toEqual([0, []]);
  } finally {
    write("base/q.sql", QUERIES);
  }
});

const readBase = (): [string, string][] => [
  ["base/q.sql", QUERIES],
  ["base/app/main.ts", APPLICATION],
];

interface Found {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}
/** What it finds for a head with this schema and these queries. */
async function impact(
  schema: string,
  queries: string,
  run = runCommand,
  ...more: string[]
): Promise<{ status: number; found: Found[] }> {
  rmSync(join(folder, "head"), { recursive: true, force: true });
  cpSync(join(folder, "base"), join(folder, "head"), { recursive: true, verbatimSymlinks: true });
  write("head/schema.sql", schema);
  write("head/q.sql", queries);
  const { code, out, err } = await run(
    join(folder, "head"),
    ...["--report", "json", "impact", "--project", "app/tsconfig.json", "--against", "../base", ...more],
  );
  if (out === "") throw new Error(err);
  return { status: code, found: (JSON.parse(out) as { findings: Found[] }).findings };
}
const brief = ({ code, line, message }: Found): string => `${code} ${line} ${message.split("\n")[0]}`;

test("nothing where only SQL has changed, and not what never compiled", async () => {
  const { status, found } = await impact(SCHEMA, QUERIES.replace("where id = $1", "where people.id = $1"));
  expect([status, found]).toEqual([0, []]);
});

test("what no longer compiles, and what else uses what has changed, with what changed", async () => {
  const schema = SCHEMA.replace("mood text not null default 'ok'", "mood text, age int not null");
  const { status, found } = await impact(
    schema,
    QUERIES.replace("(id, name) values ($1, $2)", "(id, name, age) values ($1, $2, $3)"),
  );
  expect(status).toBe(1);
  expect(found.map(brief)).toEqual([
    "impact-compile 6 no longer compiles with the new generated code: TS18047: 'person.mood' is possibly 'null'.",
    expect.stringMatching(
      /^impact-compile 8 no longer compiles with the new generated code: TS2345: .*AddPersonArgs/,
    ),
    expect.stringMatching(/^impact-use 5 GetPersonRow has changed: /),
    "impact-use 5 getPerson has changed: GetPersonRow.mood was string and is now string | null; GetPersonRow.age: number is new",
    "impact-use 8 addPerson has changed: AddPersonArgs.age: number is new",
    "impact-use 10 getPerson has changed: GetPersonRow.mood was string and is now string | null; GetPersonRow.age: number is new",
  ]);
});

test("each of several applications is looked at", async () => {
  const other = 'import { countPeople } from "@test/client";\nexport const count = countPeople;\n';
  write("base/other/main.ts", other);
  write("base/other/tsconfig.json", '{ "extends": "../app/tsconfig.json", "include": ["."] }');
  const without = QUERIES.replace(/-- name: CountPeople[\s\S]*/, "");
  const { found } = await impact(SCHEMA, without, runCommand, "--project", "other/tsconfig.json");
  rmSync(join(folder, "base/other"), { recursive: true });
  const files = found.map(({ file }) => file.split("/").slice(-2).join("/"));
  expect([...new Set(files)].sort()).toEqual(["app/main.ts", "other/main.ts"]);
});

test("a query that is taken away breaks those who call it, and nobody else", async () => {
  const { status, found } = await impact(SCHEMA, QUERIES.replace(/-- name: CountPeople[\s\S]*/, ""));
  expect(status).toBe(1);
  expect(found.map(brief)).toEqual([
    expect.stringMatching(/^impact-compile 2 .*TS2305: .*countPeople/),
    "impact-use 9 countPeople has changed: countPeople is gone",
  ]);
});

describe("generated code that the configuration has written no more", () => {
  const entry = (name: string, gen = `{ typescript: { out: ${name}/src } }`): string =>
    `  - { engine: postgresql, schema: ${name}.sql, queries: ${name}-q.sql, gen: ${gen} }\n`;
  const config = (...entries: string[]): string => `version: "2"\nsql:\n${entries.join("")}`;
  const [own, jobs] = [
    entry("client").replace("client.sql", "schema.sql").replace("client-q.sql", "q.sql"),
    entry("jobs"),
  ];
  const USING =
    'import { listJobs, type Client } from "../jobs/src/index.js";\n\nexport const a = (c: Client) => listJobs(c);\n';

  /** Looks at one configuration after another, where what was generated by the first still stands on disk. A base is read once, and has its own folder. */
  async function found(was: string, is: string, query?: string): Promise<string[]> {
    const at = mkdtempSync(join(folder, "entries-"));
    const files: readonly [path: string, text: string][] = [
      ["sqlc.yaml", was],
      ["schema.sql", SCHEMA],
      ["q.sql", QUERIES],
      ["jobs.sql", "create table jobs (id int);\n"],
      ["jobs-q.sql", "-- name: ListJobs :many\nselect id from jobs;\n"],
      ["worker/jobs.ts", USING],
      ["worker/A.vue", "<p>text array listJobs</p>\n"],
      ["worker/B.vue", "<p>text array</p>\n"],
      ["worker/tsconfig.json", readFileSync(join(folder, "base/app/tsconfig.json"), "utf8")],
    ];
    for (const side of ["base", "head"])
      for (const [path, text] of files) write(join(basename(at), side, path), text);
    await runCommand(join(at, "head"), "generate");
    writeFileSync(join(at, "head/sqlc.yaml"), is);
    if (query !== undefined) writeFileSync(join(at, "head/jobs-q.sql"), query);
    const args = ["--report", "json", "impact", "--project", "worker/tsconfig.json", "--against", "../base"];
    const { out, err } = await runCommand(join(at, "head"), ...args);
    if (out === "") throw new Error(err);
    return (JSON.parse(out) as { findings: Found[] }).findings.map(brief);
  }

  test.each([
    ["an entry that is gone", config(own)],
    ["an entry that has other languages alone", config(own, entry("jobs", "{ json: { out: j } }"))],
  ])("%s breaks those who import it", async (_name, text) => {
    expect(await found(config(own, jobs), text)).toEqual([
      expect.stringMatching(
        /^impact-compile 1 no longer compiles since nothing is generated into jobs\/src any more: TS2306: .*jobs\/src\/index\.ts' is not a module/,
      ),
      "impact-use 3 Client has changed: Client is gone",
      "impact-use 3 listJobs has changed: listJobs is gone",
      "impact-unread 1 this file is not TypeScript, and was not looked at; it mentions listJobs, which has changed: listJobs is gone",
    ]);
  });

  test("an entry that generates into another folder breaks those who import the one where it lay", async () => {
    const moved = jobs.replace("jobs/src", "moved/src");
    const [broken, ...rest] = await found(config(own, jobs), config(own, moved));
    expect(broken).toMatch(
      /^impact-compile 1 no longer compiles since nothing is generated into jobs\/src any more: TS2306: .*jobs\/src\/index\.ts' is not a module/,
    );
    // Files that TypeScript does not read may have imported it from anywhere.
    expect(rest).toEqual([
      "impact-use 3 Client has changed: Client is gone",
      "impact-use 3 listJobs has changed: listJobs is gone",
    ]);
  });

  test("an entry that generates into another folder breaks nobody who imports it from there", async () => {
    const there = jobs.replace("jobs/src", "moved/src");
    expect(await found(config(own, there), config(own, jobs))).toEqual([]);
  });

  test("an entry of another name that generates into the same folder is compared there", async () => {
    const named = (name: string, text: string): string => text.replace("{ engine", `{ name: ${name}, engine`);
    const renamed = await found(
      config(named("a", own), named("b", jobs)),
      config(named("c", own), named("d", jobs)),
      "-- name: ListJobs :many\nselect id::text as id from jobs;\n",
    );
    expect(renamed).toEqual([
      expect.stringMatching(/^impact-use 3 listJobs has changed: ListJobsRow.id was number/),
      expect.stringMatching(/^impact-unread 1 /),
    ]);
  });
});

/** The built command: a compiler that an application brings along is loaded as Node loads it. */
async function runBuilt(cwd: string, ...args: readonly string[]): Promise<Ran> {
  const cli = join(ROOT, "generator/bin/solitude-gen.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd, encoding: "utf8" });
  // What a compiler says of itself is nobody's business.
  expect(stderr).not.toMatch(/cancell?ed/);
  return { code: status ?? 2, out: stdout, err: stderr };
}

/** What is found while the application has this package as its `typescript`. */
async function foundWith(make: (at: string) => void, schema: string, queries: string): Promise<string[]> {
  const at = join(folder, "base/node_modules/typescript");
  mkdirSync(dirname(at), { recursive: true });
  make(at);
  try {
    return (await impact(schema, queries, runBuilt)).found.map(brief);
  } finally {
    rmSync(join(folder, "base/node_modules"), { recursive: true, force: true });
  }
}

function writePackage(at: string, version: string, main: string): void {
  mkdirSync(at);
  writeFileSync(join(at, "package.json"), JSON.stringify({ name: "typescript", version, main: "index.cjs" }));
  writeFileSync(join(at, "index.cjs"), main);
}

const NULLABLE = SCHEMA.replace("mood text not null default 'ok'", "mood text");
const NO_LONGER = "impact-compile 6 no longer compiles with the new generated code: ";

test("the application's own TypeScript says what compiles", async () => {
  // The native one is the one here; one with the plain interface says a sentence of its own.
  const native = await foundWith(
    (at) => symlinkSync(join(ROOT, "node_modules/typescript"), at),
    NULLABLE,
    QUERIES,
  );
  expect(native[0]).toBe(`${NO_LONGER}TS18047: 'person.mood' is possibly 'null'.`);
  expect(native.filter((one) => one.startsWith("impact-compiler"))).toEqual([]);
  const morph = JSON.stringify(join(ROOT, "node_modules/ts-morph"));
  const plain = await foundWith(
    (at) =>
      writePackage(
        at,
        "5.0.0",
        `const { ts } = require(${morph});\nmodule.exports = { ...ts, flattenDiagnosticMessageText: () => "so says the own one" };`,
      ),
    SCHEMA,
    QUERIES.replace(/-- name: CountPeople[\s\S]*/, ""),
  );
  expect(plain).toContain(
    "impact-compile 2 no longer compiles with the new generated code: TS2305: so says the own one",
  );
});

test("a TypeScript that cannot be asked is said", async () => {
  const found = await foundWith((at) => writePackage(at, "9.0.0", ""), NULLABLE, QUERIES);
  expect(found).toContainEqual(
    expect.stringMatching(/^impact-compiler .*with TypeScript 6.*: its own, 9\.0\.0, cannot be asked/),
  );
  expect(found).toContain(`${NO_LONGER}TS18047: 'person.mood' is possibly 'null'.`);
});

test("a file that TypeScript does not read is said where it mentions what has changed", async () => {
  write(
    "base/app/Person.vue",
    '<script setup lang="ts">\nimport { getPerson } from "@test/client";\n</script>\n',
  );
  write("base/app/Other.svelte", "<p>getPersonal</p>\n");
  try {
    const { found } = await impact(NULLABLE, QUERIES);
    expect(found.map(brief).filter((one) => one.includes("unread"))).toEqual([
      expect.stringMatching(/^impact-unread 2 this file is not TypeScript, .* mentions getPerson, /),
    ]);
  } finally {
    rmSync(join(folder, "base/app/Person.vue"));
    rmSync(join(folder, "base/app/Other.svelte"));
  }
});

test("a project that is not there is said", async () => {
  const args = ["impact", "--project", "nope.json", "--against", "../base"];
  const { code, err } = await runCommand(join(folder, "base"), ...args);
  expect([code, err]).toEqual([
    2,
    expect.stringContaining("error[impact-project-missing]: there is no application project "),
  ]);
});

describe("whatever the application calls what it uses", () => {
  /** By name: a file of the application, which still compiles, and the lines that are found in it. */
  const USES: readonly (readonly [name: string, text: string, lines: readonly string[]])[] = [
    [
      "another name",
      'import { getPerson as gp, type Client } from "@test/client";\nexport const a = (c: Client) => gp(c, { id: 1 });',
      ["2"],
    ],
    [
      "a namespace",
      'import * as q from "@test/client";\nexport const a = (c: q.Client) => q.getPerson(c, { id: 1 });',
      ["2"],
    ],
    [
      "typeof and type-only imports",
      'import type { getPerson } from "@test/client";\nexport type F = typeof getPerson;',
      ["2"],
    ],
    [
      "a dynamic import, taken apart",
      'export async function a() {\n  const { getPerson } = await import("@test/client");\n  return getPerson;\n}',
      ["2", "3"],
    ],
    [
      "an object, taken apart under another name",
      'import * as q from "@test/client";\nconst { getPerson: gp } = q;\nexport const a = gp;',
      ["2", "3"],
    ],
    [
      "a wrapper",
      'import { getPerson } from "@test/client";\nconst wrap = <T>(f: T): T => f;\nexport const a = wrap(getPerson);',
      ["3"],
    ],
    [
      "a variable, a property and a class's member",
      'import { getPerson } from "@test/client";\nconst gp = getPerson;\nconst bag = { getPerson, own: gp };\nclass Box {\n  find = bag.own;\n}\nexport const a = [bag.getPerson, new Box().find];',
      ["2", "3", "5", "7"],
    ],
    [
      "a key that is computed",
      'import * as q from "@test/client";\nconst { ["getPerson"]: gp } = q;\nexport const a = gp;',
      ["2", "3"],
    ],
    [
      "a key that a constant, an enum or a union has",
      'import * as q from "@test/client";\nimport { KEY } from "./again.js";\nenum Names {\n  Get = "getPerson",\n}\nconst key = "getPerson";\nexport const a = [q[key], q[KEY], q[Names.Get]];\nexport const b = (name: "getPerson" | "addPerson") => q[name];',
      ["7", "8"],
    ],
    [
      "a key that a type or a function is given",
      'import * as q from "@test/client";\ntype All = typeof q;\ndeclare function spyOn<T, K extends keyof T>(on: T, key: K): T[K];\ndeclare function call<K extends keyof All>(key: K): All[K];\nexport type F = (typeof q)["getPerson"];\nexport type P = Pick<All, "getPerson" | "addPerson">;\nexport const a = spyOn(q, "getPerson");\nexport const b = call("getPerson");\nexport const c = ["getPerson"].length;',
      ["5", "6", "7", "8"],
    ],
    [
      "a variable behind assertions, alternatives and what is made of it",
      'import { getPerson, type Client } from "@test/client";\nconst one = getPerson as typeof getPerson;\nconst two = Math.random() > 0.5 ? one : getPerson!;\nconst three = two.bind(null);\nconst bind = <R>(f: (c: Client, args: { id: number }) => R) => (c: Client) => f(c, { id: 1 });\nconst four = bind(getPerson);\nlet five: unknown;\nfive = getPerson;\nexport const a = [\n  three,\n  four,\n  five,\n];',
      ["2", "3", "4", "6", "7", "8", "10", "11", "12"],
    ],
    [
      "a private member, a parameter and an import of a part",
      'import * as q from "@test/client";\nclass Box {\n  #find = q.getPerson;\n  constructor(readonly load = q.getPerson) {}\n  all() {\n    return this.#find;\n  }\n}\nexport const a = new Box().load;\nexport namespace Own {\n  export import find = q.getPerson;\n}\nexport const b = Own.find;',
      ["3", "4", "6", "9", "11", "13"],
    ],
    [
      "the default of a namespace",
      'import * as again from "./again.js";\nexport const a = again.default.getPerson;',
      ["2"],
    ],
    [
      "JavaScript with types in its comments",
      '/** @import { GetPersonRow } from "@test/client" */\n/** @typedef {import("@test/client").GetPersonRow} Row */\n/** @param {GetPersonRow} row */\nexport const a = (row) => row.id;\nimport * as q from "@test/client";\n/** @type {Row | null} */\nexport const b = null;\nexport const c = q["getPerson"];',
      ["2", "3", "6", "8"],
    ],
    [
      "parts of arrays and objects that are assigned",
      'import * as q from "@test/client";\nconst [first, second] = [q.getPerson, q.addPerson];\nlet find: unknown;\n({ getPerson: find } = q);\nexport const a = find;\nexport const b = second;\nexport const c = first;',
      ["2", "3", "4", "5", "7"],
    ],
    [
      "what a getter and a function give",
      'import { getPerson } from "@test/client";\nclass Repo {\n  get find() {\n    return getPerson;\n  }\n}\nconst make = () => getPerson;\nexport const a = new Repo().find;\nexport const b = make();',
      ["4", "7", "8", "9"],
    ],
    [
      "a type, whatever it is made of it",
      'import type * as q from "@test/client";\nimport type { getPerson, GetPersonRow } from "@test/client";\ntype Own = GetPersonRow;\ntype Maybe = Readonly<Own> | null;\ninterface Wide extends q.GetPersonRow {\n  more: number;\n}\ninterface Page {\n  rows: readonly Own[];\n}\ntype Find = typeof getPerson;\nexport const a = (own: Maybe) => own;\nexport const b = (wide: Wide) => wide.more;\nexport const c = (page: Page) => page.rows;\nexport const d = (find: Find) => find;\nexport const e = (load: () => Promise<Own>) => load;\ntype Take = (row: Own) => void;\nexport const g = (take: Take) => take;\ntype Other<T> = T | null;\nexport const f = (other: Other<string>) => other;',
      ["3", "4", "5", "9", "11", "12", "13", "14", "15", "16", "17", "18"],
    ],
    [
      "its own function of that name",
      'const getPerson = () => 1;\nconst own = { getPerson };\nexport const a = [getPerson(), own["getPerson"]];',
      [],
    ],
    [
      "an object that has it by its own name, and what is made of that",
      'import { getPerson } from "@test/client";\nconst repo = { getPerson, other: 1 };\nexport const a = repo.getPerson;\nexport const { getPerson: find } = repo;\nexport const b = find;\nlet getPersonToo = getPerson;\n({ getPerson: getPersonToo } = repo);\nexport const c = [getPersonToo];',
      ["2", "3", "4", "5", "6", "7", "8"],
    ],
    [
      "what another file exports by default",
      'import find from "./default.js";\nimport { default as own, type Row } from "./default.js";\nexport const a = find;\nexport const b = own;\nexport const c = (row: Row) => row.mood;',
      ["3", "4", "5"],
    ],
    [
      "a re-export under another name, in another file",
      'import type { Client } from "@test/client";\nimport { fetchPerson, type Person } from "./again.js";\nexport const a = (c: Client) => fetchPerson(c, { id: 1 });\nexport type P = Person;',
      ["3", "4"],
    ],
  ];
  const path = (name: string): string =>
    `${name.replace(/\W+/g, "-")}.${name.startsWith("JavaScript") ? "js" : "ts"}`;
  let all: readonly Found[] = [];
  beforeAll(async () => {
    const files = USES.map(([name, text]) => [`base/app/${path(name)}`, text] as const);
    for (const [file, text] of files) write(file, text);
    write(
      "base/app/again.ts",
      'export { getPerson as fetchPerson, type GetPersonRow as Person } from "@test/client";\nimport * as all from "@test/client";\nexport default all;\nexport const KEY = "getPerson";\n',
    );
    write(
      "base/app/default.ts",
      'import { getPerson, type GetPersonRow } from "@test/client";\nexport default getPerson;\nexport interface Row extends GetPersonRow {\n  own: string;\n}\n',
    );
    all = (await impact(SCHEMA.replace("mood text not null default 'ok'", "mood text"), QUERIES)).found;
    for (const [file] of files) rmSync(join(folder, file));
    for (const file of ["again", "default"]) rmSync(join(folder, `base/app/${file}.ts`));
  });

  test.each(USES)("%s", (name, _, lines) => {
    const own = all.filter(({ file }) => file.endsWith(`/${path(name)}`));
    expect(own.filter(({ code }) => code === "impact-compile")).toEqual([]);
    expect([...new Set(own.map(({ line }) => String(line)))]).toEqual(lines);
  });
});

test("other optional arguments and orders of a query find its callers", async () => {
  const before = `-- name: FindPeople :many
-- @optional name
-- @sort name | newest: id
select id from people where name = @name and mood = @mood order by name, id;
-- name: ChangePerson :exec
-- @optional name
update people set name = @name where id = @id;
`;
  const base = readBase();
  write("base/q.sql", before);
  write(
    "base/app/main.ts",
    `import { changePerson, findPeople, type Client } from "@test/client";

export const happy = (client: Client) => findPeople(client, { mood: "ok", sort: "newest" });
export const named = (client: Client) => findPeople(client, { mood: "ok", name: "a" });
export const rename = (client: Client) => changePerson(client, { id: 1, name: "a" });
`,
  );
  try {
    const optional = await impact(
      SCHEMA,
      before.replace("@optional name\n-- @sort", "@optional name, mood\n-- @sort"),
    );
    expect([optional.status, optional.found.map(brief)]).toEqual([
      0,
      [3, 4].map(
        (line) =>
          `impact-use ${line} findPeople has changed: FindPeopleArgs.mood was string and is now optional string | undefined`,
      ),
    ]);
    const orders = await impact(SCHEMA, before.replace("newest:", "latest:"));
    expect(orders.found.map(brief)).toEqual([
      expect.stringMatching(/^impact-compile 3 .*"newest"/),
      ...[3, 4].map(
        (line) =>
          `impact-use ${line} findPeople has changed: FindPeopleArgs.sort was optional "name" | "newest" | undefined and is now optional "name" | "latest" | undefined`,
      ),
    ]);
    const patch = await impact(
      SCHEMA,
      before
        .replace("@optional name\nupdate", "@optional name, mood\nupdate")
        .replace("= @name where", "= @name, mood = @mood where"),
    );
    expect([patch.status, patch.found.map(brief)]).toEqual([
      0,
      ["impact-use 5 changePerson has changed: ChangePersonArgs.mood: optional string | undefined is new"],
    ]);
  } finally {
    for (const [path, text] of base) write(path, text);
  }
});

test("a query that is called as a column is used where the query is, and not where the column is read", async () => {
  const base = readBase();
  const named = "-- name: Name :one\nselect mood from people where id = $1;\n";
  write("base/q.sql", QUERIES + named);
  write(
    "base/app/main.ts",
    `import * as q from "@test/client";

type Bound<M> = { readonly [K in keyof M]: M[K] };
declare const db: { readonly people: Bound<typeof q> };
export async function read(client: q.Client) {
  const person = await q.getPerson(client, { id: 1 });
  const key = "name";
  if (person === null) return null;
  const { name } = person;
  const { name: own } = person;
  return [name, own, person.name, person["name"], person[key], { name: 1 }];
}
export const one = (client: q.Client) => q.name(client, { id: 1 });
export const two = (client: q.Client) => db.people.name(client, { id: 1 });
const { name: three } = db.people;
export const four = three;
export const five = q["name"];
`,
  );
  try {
    const changed = named.replace("select mood", "select mood, id");
    const { status, found } = await impact(SCHEMA, QUERIES + changed);
    const uses = found.filter(({ message }) => message.startsWith("name has changed"));
    expect([status, uses.map(({ line }) => line)]).toEqual([0, [13, 14, 15, 16, 17]]);
  } finally {
    for (const [path, text] of base) write(path, text);
  }
});

test("a column beside those that a query names changes nothing for who uses the query", async () => {
  const queries = QUERIES.replace("select * from people", "select id, name, mood from people");
  write("base/q.sql", queries);
  try {
    const { status, found } = await impact(SCHEMA.replace(");", ", extra text);"), queries);
    expect([status, found]).toEqual([0, []]);
  } finally {
    write("base/q.sql", QUERIES);
  }
});

test("a project that only refers to others stands for them; one without files is said", async () => {
  const refers = '{ "files": [], "references": [{ "path": "./app" }] }';
  write("base/tsconfig.all.json", refers);
  write("base/empty/tsconfig.json", '{ "include": ["nothing"] }');
  const ran = (project: string): Promise<Ran> => {
    rmSync(join(folder, "head"), { recursive: true, force: true });
    cpSync(join(folder, "base"), join(folder, "head"), { recursive: true });
    write("head/schema.sql", SCHEMA.replace("mood text not null default 'ok'", "mood text"));
    return runCommand(join(folder, "head"), "impact", "--project", project, "--against", "../base");
  };
  expect(await ran("tsconfig.all.json")).toMatchObject({
    code: 1,
    err: expect.stringContaining("error[impact-compile]"),
  });
  expect(await ran("empty/tsconfig.json")).toMatchObject({
    code: 1,
    err: expect.stringContaining("error[impact-project-empty]"),
  });
});

/** Packages of a workspace, linked as a package manager links them, between the application and the generated code. */
async function inWorkspace(
  files: Readonly<Record<string, string>>,
  schema = SCHEMA.replace("mood text not null default 'ok'", "mood text"),
): Promise<string[]> {
  const home = mkdtempSync(join(folder, "workspace-"));
  const generated =
    'version: "2"\nsql: [{ engine: postgresql, schema: schema.sql, queries: q.sql, gen: { typescript: { out: packages/db/src/gen } } }]\n';
  const compilerOptions = { strict: true, module: "nodenext", target: "es2022", lib: ["es2022"], types: [] };
  const all = {
    "sqlc.yaml": generated,
    "q.sql": QUERIES,
    "schema.sql": SCHEMA,
    "packages/app/tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
    ...files,
  };
  const [base, head] = [join(home, "base"), join(home, "head")];
  for (const [path, text] of Object.entries(all)) write(join(base, path).slice(folder.length + 1), text);
  mkdirSync(join(base, "node_modules/@acme"), { recursive: true });
  for (const name of ["db", "core"])
    symlinkSync(`../../packages/${name}`, join(base, "node_modules/@acme", name));
  expect((await runCommand(base, "generate")).code).toBe(0);
  cpSync(base, head, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(head, "schema.sql"), schema);
  const project = ["--project", "packages/app/tsconfig.json"];
  const { out, err } = await runCommand(head, "--report", "json", "impact", ...project, "--against", base);
  if (out === "") throw new Error(err);
  const { findings } = JSON.parse(out) as { findings: Found[] };
  return findings.map(placed);
}
const placed = ({ code, file, line }: Found): string =>
  `${code} ${file.replace(/^.*\/(?:head|link)\//, "")}:${line}`;

const PACKAGE = (name: string, exports: unknown): string =>
  JSON.stringify({ name: `@acme/${name}`, type: "module", exports });

test("a package that has more than the generated code is what its own entry says", async () => {
  const found = await inWorkspace({
    "packages/db/package.json": PACKAGE("db", { ".": "./src/index.ts", "./people": "./src/gen/q_sql.ts" }),
    "packages/db/src/index.ts":
      'export * from "./gen/index.js";\nexport * as queries from "./gen/index.js";\n',
    "packages/app/src/main.ts": `import { queries } from "@acme/db";
import { getPerson } from "@acme/db/people";
type Person = NonNullable<Awaited<ReturnType<typeof queries.getPerson>>>;
export const a = (person: Person) => person.mood.trim();
export const b = async () => (await getPerson({} as never, { id: 1 }))!.mood.trim();
`,
  });
  expect(found).toEqual([
    "impact-compile packages/app/src/main.ts:4",
    "impact-compile packages/app/src/main.ts:5",
    "impact-use packages/app/src/main.ts:3",
    "impact-use packages/app/src/main.ts:5",
  ]);
});

test("what packages have built is not asked, be it old or not there", async () => {
  const built = (types: string) => ({ types: `./dist/${types}.d.ts`, default: `./dist/${types}.js` });
  const compilerOptions = { outDir: "dist", rootDir: "src", declaration: true, module: "nodenext" };
  const files = {
    "packages/db/package.json": PACKAGE("db", { ".": built("index"), "./gen/*": built("gen/*") }),
    "packages/db/tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
    "packages/db/src/index.ts":
      'export * from "./gen/index.js";\nexport * as queries from "./gen/index.js";\n',
    "packages/core/package.json": PACKAGE("core", built("main")),
    "packages/core/src/main.ts": `import { queries } from "@acme/db";
export const load = async (id: number) => ({ mood: (await queries.getPerson({} as never, { id }))!.mood });
`,
    "packages/app/src/main.ts": `import { load } from "@acme/core";
import { getPerson } from "@acme/db/gen/q_sql";
export const a = async () => (await load(1)).mood.trim();
export const b = async () => (await getPerson({} as never, { id: 1 }))!.mood.trim();
`,
  };
  const expected = [
    "impact-compile packages/app/src/main.ts:3",
    "impact-compile packages/app/src/main.ts:4",
    "impact-use packages/app/src/main.ts:4",
    "impact-use packages/core/src/main.ts:2",
  ];
  expect((await inWorkspace(files)).sort()).toEqual(expected);
  const old = "export declare const load: (id: number) => Promise<{ mood: string }>;\n";
  expect((await inWorkspace({ ...files, "packages/core/dist/main.d.ts": old })).sort()).toEqual(expected);
});

test("an import that leads nowhere is said, since what goes through it is not seen; a picture's is not", async () => {
  const found = await inWorkspace({
    "packages/db/package.json": PACKAGE("db", "./src/gen/index.ts"),
    "packages/app/src/main.ts": `import logo from "./logo.svg";
import { load } from "@acme/missing";
export const a = [logo, load];
`,
  });
  expect(found).toEqual(["impact-unresolved packages/app/src/main.ts:2"]);
});

test("an error that was there before is none of the change's, whatever the compiler proposes, or says of it", async () => {
  const found = await inWorkspace(
    {
      "packages/db/package.json": PACKAGE("db", "./src/gen/index.ts"),
      "packages/app/src/main.ts": `import type { GetPersonRow } from "@acme/db";
export const a = (row: GetPersonRow) => row.moods;
export const b: Partial<GetPersonRow> = { moods: "ok" };
export const c: GetPersonRow = {};
export const d = (row: GetPersonRow): { readonly age: number } & GetPersonRow => row;
`,
    },
    SCHEMA.replace(", mood text not null default 'ok'", ""),
  );
  expect(found.filter((one) => one.startsWith("impact-compile"))).toEqual([]);
  expect(found).toContain("impact-use packages/app/src/main.ts:2");
});

test("a project that is reached by a link, and generated code that is", async () => {
  rmSync(join(folder, "head"), { recursive: true, force: true });
  cpSync(join(folder, "base"), join(folder, "head"), { recursive: true });
  write("head/schema.sql", SCHEMA.replace("mood text not null default 'ok'", "mood text"));
  write("head/app/linked.ts", 'import { getPerson } from "./db/index.js";\nexport const one = getPerson;\n');
  symlinkSync("../client/src", join(folder, "head/app/db"));
  symlinkSync("head", join(folder, "link"));
  expect((await runCommand(join(folder, "head"), "generate")).code).toBe(0);
  const args = ["--report", "json", "impact", "--project", "app/tsconfig.json", "--against", "../base"];
  const { out } = await runCommand(join(folder, "link"), ...args);
  const { findings } = JSON.parse(out) as { findings: Found[] };
  expect(findings.map(placed)).toEqual([
    "impact-compile app/main.ts:6",
    "impact-use app/linked.ts:2",
    "impact-use app/main.ts:5",
    "impact-use app/main.ts:5",
    "impact-use app/main.ts:10",
  ]);
});
