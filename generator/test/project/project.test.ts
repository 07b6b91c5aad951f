import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { EditedFiles } from "../../src/files/edited-files.ts";
import { MemoryFiles } from "../../src/files/memory-files.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import { analyze } from "../../src/project/analyze.ts";
import { openInMemory } from "../../src/project/browser.ts";
import { type Host, NO_STORE, type Store } from "../../src/project/host.ts";
import { nodeHost } from "../../src/project/node-host.ts";
import { Project } from "../../src/project/project.ts";
import { Workspace } from "../../src/project/workspace.ts";

/** What was asked of the databases: how many were started, and each script that one of them ran. */
let started: number;
let ran: string[];
/** The queries that one of them analysed. */
let described: string[];
let engines: WeakRef<object>[];
const host: Host = {
  ...nodeHost,
  store: () => NO_STORE,
  warmUp: () => {},
  start: async (options, instead) => {
    started++;
    const engine = await nodeHost.start(options, instead);
    engines.push(new WeakRef(engine));
    const run = engine.run.bind(engine);
    engine.run = (sql, onNotice) => {
      ran.push(sql);
      return run(sql, onNotice);
    };
    const describe = engine.describe.bind(engine);
    engine.describe = (sql, wanted) => {
      described.push(sql);
      return describe(sql, wanted);
    };
    return engine;
  },
};

const FILES = {
  "schema/1.sql": "create table people (id bigint primary key, name text);",
  "schema/2.sql": "create table pets (id bigint primary key);",
  "schema/3.sql": "alter table people alter column name set not null;",
  "queries/people.sql":
    "-- name: People :many\nselect name from people;\n-- name: Pets :many\nselect id from pets;\n",
};

let files: EditedFiles;
let workspace: Workspace;
let project: Project;
beforeEach(() => {
  started = 0;
  ran = [];
  described = [];
  engines = [];
  files = new EditedFiles(new MemoryFiles(new Map(Object.entries(FILES))));
  workspace = new Workspace(host, { usesStore: false });
  const { config, file, root, diagnostics } = openInMemory(host, new Map(), {
    schema: ["schema"],
    queries: ["queries"],
  });
  project = Project.open(workspace, { config, file, root, diagnostics }, () => files);
});
afterEach(() => workspace.close());

function edit(path: string, text: string | null): void {
  files.edit(path, text);
  workspace.forgetFiles();
}
async function columns(): Promise<Record<string, string[]>> {
  const { querySets } = await analyze(project);
  return Object.fromEntries(
    querySets[0]!.queries.map(({ name, columns: own }) => [
      name,
      own.map((c) => `${c.name}${c.nullable ? "?" : ""}`),
    ]),
  );
}
const codes = (found: readonly Diagnostic[]): string[] => found.map(({ code }) => code);
const ofSchema = (): string[] => ran.filter((sql) => /\b(?:create|alter) table\b/.test(sql));

test("whoever asks again, or for one more query, gets it from the database that is open", async () => {
  expect(await columns()).toEqual({ People: ["name"], Pets: ["id"] });
  expect(await columns()).toEqual({ People: ["name"], Pets: ["id"] });
  edit("queries/more.sql", "-- name: Both :many\nselect * from people, pets;\n");
  expect(await columns()).toMatchObject({ Both: ["id", "name", "id"] });
  expect(started).toBe(1);
  expect(ofSchema()).toHaveLength(3);
  // A text that is given up leaves the file as it was.
  edit("queries/more.sql", null);
  expect(await columns()).toEqual({ People: ["name"], Pets: ["id"] });
});

test("of an edit that is told by its file that one alone is read again, and that query analysed", async () => {
  const read: string[] = [];
  const from = files.read.bind(files);
  files.read = (path) => {
    read.push(path);
    return from(path);
  };
  await columns();
  // An edit in front moves what stands behind it.
  for (const [path, text, expected, own] of [
    [
      "queries/people.sql",
      FILES["queries/people.sql"].replace("name from", "id, name from"),
      { People: ["id", "name"], Pets: ["id"] },
      ["select id, name from people"],
    ],
    [
      "schema/3.sql",
      "alter table people add column age int;",
      { People: ["id", "name?"], Pets: ["id"] },
      null,
    ],
  ] as const) {
    read.length = 0;
    described = [];
    files.edit(path, text);
    workspace.forgetFiles(new Set([path]));
    expect(await columns()).toEqual(expected);
    expect(read).toEqual([path]);
    if (own !== null) expect(new Set(described)).toEqual(new Set(own));
  }
  // A file that is new, and one that nobody read by that name: everything may be another.
  files.edit("queries/more.sql", "-- name: More :many\nselect 1 as one;\n");
  workspace.forgetFiles(new Set(["queries/more.sql"]));
  expect(await columns()).toMatchObject({ More: ["one"] });
});

test("what schema files read besides counts for them, too, where its text changes", async () => {
  const { config, file, root, diagnostics } = project;
  project = Project.open(workspace, { config, file, root, diagnostics }, () => files, "included");
  edit("schema/2.sql", "\\i more/pets.sql\n");
  edit("more/pets.sql", "create table pets (id int);");
  expect(await columns()).toMatchObject({ Pets: ["id?"] });
  files.edit("more/pets.sql", "create table pets (id int not null);");
  workspace.forgetFiles(new Set(["more/pets.sql"]));
  expect(await columns()).toMatchObject({ Pets: ["id"] });
});

test("an edit of the newest migration applies that one alone, whatever it was before", async () => {
  await columns();
  await project.standBy();
  for (const [text, expected] of [
    ["alter table people add column age int;", ["name?"]],
    ["alter table people alter column name set not null;\n", ["name"]],
  ] as const) {
    ran = [];
    edit("schema/3.sql", text);
    expect(await columns()).toMatchObject({ People: expected });
    expect(ofSchema()).toHaveLength(1);
    await project.standBy();
  }
  // An older one: everything from there on. Then that one is what is ready.
  ran = [];
  edit("schema/2.sql", "create table pets (id bigint);");
  expect(await columns()).toMatchObject({ Pets: ["id?"] });
  await project.standBy();
  ran = [];
  edit("schema/2.sql", "create table pets (id bigint not null);");
  expect(await columns()).toMatchObject({ Pets: ["id"] });
  expect(ofSchema()).toHaveLength(2);
});

test("what an edit of the schema leaves as it was is not analysed again, though all oids are others", async () => {
  edit(
    "schema/2.sql",
    "create type kind as enum ('cat', 'dog'); create table pets (id bigint primary key, kind kind);",
  );
  edit(
    "queries/kinds.sql",
    "-- name: Kinds :many\nselect kind, array_agg(id) as ids from pets group by kind;\n",
  );
  const shown = async () => {
    const [set] = (await analyze(project)).querySets;
    const displayed = set!.queries.flatMap((query) =>
      query.columns.map((c) => [c.display, set!.catalog.types.get(c.type)?.display]),
    );
    return displayed.every(([own, read]) => own === read) ? displayed.map(([own]) => own) : displayed;
  };
  const types = ["kind", "bigint[]", "text", "bigint"];
  expect(await shown()).toEqual(types);
  await project.standBy();
  described = [];
  edit("schema/1.sql", `create table more (id serial primary key);\n${FILES["schema/1.sql"]}`);
  expect(await shown()).toEqual(types);
  expect(described).toEqual([]);
  await project.standBy();
  edit("schema/3.sql", "alter table pets alter column kind set not null;");
  expect(await columns()).toMatchObject({ Kinds: ["kind", "ids"] });
  expect(described.filter((sql) => sql.includes("people"))).toHaveLength(1);
});

test("what a function does, and rights on those of PostgreSQL's own, are known anew when they change", async () => {
  const body = (table: string): string =>
    `create table kept (v bigint); create function inside() returns bigint language sql begin atomic select max(v) from ${table}; end;
     create function reads() returns bigint language sql return inside();`;
  edit("schema/2.sql", `create table pets (id bigint primary key, v bigint); ${body("kept")}`);
  edit("queries/read.sql", "-- name: Read :one\nselect reads() as n, lower('A') as l;\n");
  const asked = async (): Promise<string[]> => {
    const [set] = (await analyze(project)).querySets;
    const { privileges, privilegesWithin = [] } = set!.queries.find(({ name }) => name === "Read")!;
    return [...privileges, ...privilegesWithin].map((one) =>
      "table" in one ? `${one.kind} ${one.table}` : `${one.kind} ${one.object}`,
    );
  };
  expect(await asked()).toEqual(['usage on schema "public"', "select kept"]);
  await project.standBy();
  edit("schema/2.sql", `create table pets (id bigint primary key, v bigint); ${body("pets")}`);
  expect(await asked()).toEqual(['usage on schema "public"', "select pets"]);
  await project.standBy();
  edit("schema/3.sql", "revoke execute on function lower(text) from public;");
  expect(await asked()).toContain("execute on function pg_catalog.lower(text)");
});

test("what a migration makes for itself alone is none of a query's, and the next migration's", async () => {
  edit("schema/3.sql", "create temp table pets (n text); insert into pets values ('a');");
  edit("schema/4.sql", "create table kept as select n from pets;");
  edit(
    "queries/people.sql",
    "-- name: Pets :many\nselect * from pets;\n-- name: Kept :many\nselect * from kept;\n",
  );
  expect(await columns()).toEqual({ Pets: ["id"], Kept: ["n?"] });
  await project.standBy();
  edit("schema/4.sql", "create table kept as select n, 1 as one from pets;");
  expect(await columns()).toEqual({ Pets: ["id"], Kept: ["n?", "one?"] });
  // Nor is it there for who begins from what was kept.
  edit("schema/5.sql", "create table more (id int);");
  expect(await columns()).toEqual({ Pets: ["id"], Kept: ["n?", "one?"] });
});

test("an edit of a file that a changelog includes is one of the schema", async () => {
  edit("schema/1.sql", null);
  edit("schema/2.sql", null);
  edit("schema/3.sql", null);
  edit(
    "schema/changelog.xml",
    '<databaseChangeLog><include file="tables/all.sql" relativeToChangelogFile="true"/></databaseChangeLog>',
  );
  const tables = "create table pets (id bigint primary key);\ncreate table people (name text);\n";
  edit("schema/tables/all.sql", tables);
  expect(await columns()).toEqual({ People: ["name?"], Pets: ["id"] });
  edit("schema/tables/all.sql", tables.replace("text", "text not null"));
  expect(await columns()).toEqual({ People: ["name"], Pets: ["id"] });
});

test("a beginning that did not go through as it stands is no beginning: the rest may mend it", async () => {
  edit("schema/1.sql", "create table people (id bigint primary key, name text, mood mood);");
  edit("schema/3.sql", "create table other (id int);");
  const before = await analyze(project);
  expect(codes(before.diagnostics)).toContain("schema-invalid");
  await project.standBy();
  edit("schema/3.sql", "create type mood as enum ('ok');");
  const after = await analyze(project);
  expect(after.diagnostics).toEqual([]);
  expect(after.querySets[0]!.queries).toHaveLength(2);
});

test("who changes a database has it alone; the next gets one as the schema has it", async () => {
  const [set] = project.config.querySets;
  await project.use(set!, "changes", ({ engine }) => engine.run("drop table pets").then(() => {}));
  const count = await project.use(set!, "nothing", ({ engine }) =>
    engine.run("select count(*)::text as n from pg_class where relname = 'pets'"),
  );
  expect(count).toEqual([{ n: "1" }]);
});

test("of those who ask for a database while it begins, who changes it has it alone, too", async () => {
  const [set] = project.config.querySets;
  const tables = (): Promise<unknown> =>
    project.use(set!, "nothing", async ({ engine }) => {
      const before = await engine.run("select count(*)::text as n from pg_class where relname = 'pets'");
      await new Promise((resolve) => setTimeout(resolve, 50));
      return [before, await engine.run("select count(*)::text as n from pg_class where relname = 'pets'")];
    });
  const change = (): Promise<void> =>
    project.use(set!, "changes", ({ engine }) => engine.run("drop table pets").then(() => {}));
  const [, one, , other] = await Promise.all([change(), tables(), change(), tables()]);
  const there = [[{ n: "1" }], [{ n: "1" }]];
  expect([one, other]).toEqual([there, there]);
});

test("what is cancelled ends with the reason it was given, and leaves a project that works", async () => {
  const reason = new Error("the file was saved again");
  const controller = new AbortController();
  const running = analyze(project, { signal: controller.signal, onProgress: () => controller.abort(reason) });
  await expect(running).rejects.toBe(reason);
  expect(await columns()).toEqual({ People: ["name"], Pets: ["id"] });
});

test("databases that end are kept as they were, and who asks afterwards gets others", async () => {
  const kept = new Map<string, unknown>();
  const store: Store = {
    ...NO_STORE,
    isKept: true,
    write: async (kind, _, value) => void kept.set(kind, value),
    writeBytes: async (kind, _, bytes) => void kept.set(kind, bytes),
  };
  const keeping = new Workspace({ ...host, store: () => store }, { usesStore: true });
  const within = Project.open(keeping, project, () => files);
  await analyze(within);
  await keeping.keepLast();
  expect([...kept.keys()].sort()).toEqual(["analysis", "queries", "relations", "schema", "snapshot"]);
  expect((kept.get("snapshot") as Uint8Array).length).toBeGreaterThan(100_000);
  expect(await keeping.lastKept()).not.toBeNull();
  edit("queries/more.sql", "-- name: More :many\nselect id from pets;\n");
  keeping.forgetFiles();
  const { querySets } = await analyze(within);
  expect([querySets[0]!.queries.length, started]).toEqual([3, 2]);
  await keeping.close();
});

test("nobody waits for the end of a database that has begun, and was not needed", async () => {
  const keeping = new Workspace({ ...host, start: () => new Promise(() => {}) }, { usesStore: false });
  const files = [{ path: "1.sql", text: "create table t (id int)" }];
  await (await keeping.engines()).begin({ home: "/", store: NO_STORE, files, databaseUri: undefined });
  await keeping.keepLast();
});

test("who leaves traces in a database gets the one with traces of others, and nobody else does", async () => {
  const schema = {
    files: [{ path: "s.sql", text: "create sequence numbers; create table t (id int)" }],
    databaseUri: undefined,
  };
  // What a sequence gave is not taken back with the transaction.
  const draw = (leaves: "traces" | "changes"): Promise<unknown> =>
    project.useSchema(schema, leaves, async ({ engine }) => {
      const [row] = await engine.attempt("select nextval('numbers')::int as n");
      return row?.n;
    });
  expect(await draw("traces")).toBe(1);
  const once = started;
  expect([await draw("traces"), started]).toEqual([2, once]);
  expect([await draw("changes"), started]).toEqual([1, once + 1]);
  expect(await draw("changes")).toBe(1);
});

const LACKING = "create view lacking as select id from nothing_of_this_project;";

test.each<[what: string, schema: string, query: string, severity: "error" | "warning"]>([
  ["a view that no query reads", LACKING, "", "warning"],
  [
    "functions and views over it, either",
    `${LACKING} create view deeper as select id from lacking; create function f() returns int language sql as 'select id from lacking';`,
    "",
    "warning",
  ],
  ["a view that a query reads", LACKING, "select id from lacking", "error"],
  [
    "a view over it that a query reads",
    `${LACKING} create view deeper as select id from lacking;`,
    "select id from deeper",
    "error",
  ],
  [
    "a view in whose place another one stands",
    "create view lacking as select 1 as id; create or replace view lacking as select id from nothing_of_this_project;",
    "",
    "error",
  ],
  [
    "a function that changes a table",
    "create function g(text) returns int language sql as 'select id from nothing_of_this_project'; alter table people alter column name type int using g(name);",
    "",
    "error",
  ],
  ["a name that was meant otherwise", "create view lacking as select id from peple;", "", "error"],
  ["a type", "create table lacking (a nothing_of_this_project);", "", "error"],
])("what nobody makes is an error where a query lacks it: %s", async (_, schema, query, severity) => {
  edit("schema/4.sql", schema);
  if (query !== "") edit("queries/more.sql", `-- name: More :many\n${query};\n`);
  const { diagnostics } = await analyze(project);
  expect(diagnostics.map((one) => [one.code, one.severity])).toEqual([
    [severity === "error" ? "schema-invalid" : "schema-skipped", severity],
  ]);
  expect(diagnostics[0]).not.toHaveProperty("isErrorIfLacked");
});

test("of many schemas that come after one another, nothing holds on to the databases that have ended", async () => {
  for (let i = 0; i < 7; i++) {
    edit("schema/1.sql", `create table people (id bigint primary key, name text, extra${i} int);`);
    await columns();
  }
  expect(started).toBeGreaterThanOrEqual(7);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What a WeakRef was made for is kept for the task that made it.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(engines.filter((one) => one.deref() !== undefined).length).toBeLessThan(6);
});
