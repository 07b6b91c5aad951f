import { jest } from "@jest/globals";
import type { Base } from "../../../src/check/base/base.ts";
import { readApplied } from "../../../src/check/schema/side.ts";
import { Changes } from "../../../src/check/verify/concerns/concerns.ts";
import { type Verdict, verify } from "../../../src/check/verify/verify.ts";
import { MemoryFiles } from "../../../src/files/memory-files.ts";
import type { Query } from "../../../src/model/query.ts";
import { analyze } from "../../../src/project/analyze.ts";
import { openInMemory } from "../../../src/project/browser.ts";
import { NO_STORE, type Store } from "../../../src/project/host.ts";
import { nodeHost } from "../../../src/project/node-host.ts";
import { Project } from "../../../src/project/project.ts";
import { Workspace } from "../../../src/project/workspace.ts";

// Which queries a change of the schema may concern: those alone are tried. One that is left out by mistake would be called safe unseen.

const SCHEMA = `
create type mood as enum ('good', 'bad');
create function shout(t text) returns text language sql immutable as $$ select upper(t) $$;
create table people (id bigint primary key, name text not null, mood mood, parent_id bigint references people);
create table pets (id bigint primary key, owner_id bigint not null references people on delete cascade, name text not null default shout('x'));
create table visits (id bigint primary key, pet_id bigint not null references pets on delete cascade);
create table events (id bigint, day date not null) partition by range (day);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table log (id bigint generated always as identity, what text not null);
create view named as select id, name from people;
create materialized view counted as select count(*) as n from visits;
create function logged() returns trigger language plpgsql as $$ begin insert into log (what) values (tg_op); return new; end $$;
create trigger logs after insert on visits for each row execute function logged();
`;
const QUERIES = {
  OnePerson: ":one\nselect name from people where id = $1",
  Names: ":many\nselect name from named",
  DeletePerson: ":exec\ndelete from people where id = $1",
  AddPet: ":exec\ninsert into pets (id, owner_id) values ($1, $2)",
  Pets: ":many\nselect id from pets",
  AddVisit: ":exec\ninsert into visits (id, pet_id) values ($1, $2)",
  Visits: ":many\nselect id from visits",
  AddEvent: ":exec\ninsert into events (id, day) values ($1, $2)",
  Counted: ":one\nselect n from counted",
  Now: ":one\nselect now() as now, lower($1::text) as low",
};

/** In memory, and kept from one run to the next. */
const kept = new Map<string, unknown>();
const store: Store = {
  ...NO_STORE,
  exists: true,
  isKept: true,
  read: async <T>(kind: string, key: string) => (kept.get(`${kind} ${key}`) ?? null) as T | null,
  write: async (kind, key, value) => void kept.set(`${kind} ${key}`, structuredClone(value)),
};
let started = 0;
const workspace = new Workspace(
  {
    ...nodeHost,
    store: () => store,
    warmUp: () => {},
    start: (options, instead) => {
      started++;
      return nodeHost.start(options, instead);
    },
  },
  { usesStore: true },
);
afterAll(() => workspace.close());

let revisions = 0;
function open(schema: readonly string[], queries: Readonly<Record<string, string>>): Project {
  const texts = Object.entries(queries).map(([name, text]) => `-- name: ${name} ${text};\n`);
  const files = new Map([
    ...schema.map((text, i) => [`schema/${i + 1}.sql`, text] as const),
    ["queries/all.sql", texts.join("\n")] as const,
  ]);
  const loaded = openInMemory(workspace.host, new Map(), { schema: ["schema"], queries: ["queries"] });
  const { config, file, root, diagnostics } = loaded;
  return Project.open(
    workspace,
    { config, file, root, diagnostics },
    () => new MemoryFiles(files),
    String(++revisions),
  );
}

async function applied(project: Project) {
  const [set] = project.config.querySets;
  const { schema: files } = await project.schema(set!);
  const { catalog, diagnostics } = await readApplied({
    project,
    files,
    extensions: [],
    databaseUri: undefined,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return catalog;
}

const named = (queries: readonly Query[]): string[] => queries.map(({ name }) => name).sort();

test.each<[change: string, concerned: readonly (keyof typeof QUERIES)[]]>([
  ["create table other (id int);", []],
  ["comment on table people is 'who';", []],
  ["create index on people (name);", []],
  ["create unique index on people (name);", ["DeletePerson", "Names", "OnePerson"]],
  ["alter table people add column age int;", ["DeletePerson", "Names", "OnePerson"]],
  // What is inserted refers to it, and the default of a column calls it.
  [
    "create or replace function shout(t text) returns text language sql immutable as $$ select t $$;",
    ["AddPet", "DeletePerson", "Pets"],
  ],
  ["create function lower(t text, n int) returns text language sql as $$ select t $$;", ["Now"]],
  ["alter type mood add value 'so so';", ["DeletePerson", "Names", "OnePerson"]],
  // The trigger writes there.
  ["alter table log add column why text;", ["AddVisit"]],
  // Deleting goes on to the pets, and from them to the visits.
  ["alter table visits add column day date;", ["AddVisit", "DeletePerson", "Visits"]],
  ["create table toys (id int, pet_id bigint references pets);", ["DeletePerson"]],
  ["alter table events_2024 add check (id > 0);", ["AddEvent"]],
  [
    "create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');",
    ["AddEvent"],
  ],
  ["create role reader;", named([]) as []],
])("%s", async (change, expected) => {
  const base = open([SCHEMA], QUERIES);
  const head = open([SCHEMA, change], QUERIES);
  const { querySets } = await analyze(base);
  const changes = new Changes(await applied(base), await applied(head), {
    rewrites: [],
    same: new Set(),
    restarts: [],
    deletions: [],
    exchanges: [],
    read: new Set(),
    sameButNames: new Set(),
  });
  const concerned = querySets[0]!.queries.filter((query) => changes.mayConcern(query));
  // Whether it has data is in no catalog; who may do what is up to all roles.
  const always: readonly string[] = change.startsWith("create role") ? Object.keys(QUERIES) : ["Counted"];
  expect(named(concerned)).toEqual([...new Set([...always, ...expected])].sort());
});

async function verdictOf(
  base: Project,
  head: Project,
  all = false,
  role: string | null = null,
): Promise<Verdict> {
  const against: Base = { kind: "folder", label: "base", project: base, hasQueries: true };
  const { verdict } = await verify(head, against, analyze, { order: null, all, role });
  return verdict!;
}

test("the verdict is that of trying everything, and is known when it is asked for again", async () => {
  const base = open([SCHEMA], QUERIES);
  const changed = { ...QUERIES, Pets: ":many\nselect id, name from pets where kind = 'cat'" };
  const sides = [
    base,
    open(
      [SCHEMA, "alter table pets add column kind text; alter table people alter mood set not null;"],
      changed,
    ),
  ] as const;
  const verdict = await verdictOf(...sides);
  expect(verdict.safe).toEqual(["migrate-first"]);
  expect(await verdictOf(...sides, true)).toEqual(verdict);
  const before = started;
  expect(await verdictOf(...sides)).toEqual(verdict);
  expect(started).toBe(before);
});

test("a plan is that of trying everything at each step, and is known when it is asked for again", async () => {
  const schema = "create table pets (id bigint primary key, name text); create table toys (id bigint);";
  const queries = { Toys: ":many\nselect id from toys", Pets: ":many\nselect id, name from pets" };
  const both = [
    open([schema], queries),
    open([schema, "alter table pets rename column name to called;"], {
      ...queries,
      Pets: ":many\nselect id, called from pets",
    }),
  ] as const;
  const verdict = await verdictOf(...both);
  expect(verdict.plans.map(({ steps }) => steps.map(({ kind }) => kind))).toEqual([
    ["expand", "backfill", "deploy", "contract"],
  ]);
  expect(await verdictOf(...both, true)).toEqual(verdict);
  const before = started;
  expect(await verdictOf(...both)).toEqual(verdict);
  expect(started).toBe(before);
});

test("a policy is to be looked at for the queries that a role of its may run", async () => {
  const schema = `create role app; create role reporting; create role readers; grant readers to reporting; create role elsewhere;
    create table t (id int primary key, n int); alter table t enable row level security; create policy own on t to app using (true);
    grant select, insert on t to app; grant select on t to reporting;`;
  const queries = { Add: ":exec\ninsert into t (id) values ($1)", All: ":many\nselect id from t" };
  const looked = async (to: string, role: string | null = null): Promise<string[]> => {
    const change = `create policy other on t to ${to} using (id > 0);`;
    const verdict = await verdictOf(open([schema], queries), open([schema, change], queries), false, role);
    const told = verdict.findings.filter(({ code }) => code === "verify-changed");
    return [...new Set(told.map(({ query }) => query))].sort();
  };
  expect(await looked("public")).toEqual(["Add", "All"]);
  expect(await looked("app, reporting")).toEqual(["Add", "All"]);
  expect(await looked("reporting")).toEqual(["All"]);
  expect(await looked("readers")).toEqual(["All"]);
  // Its rights are given where nobody looks.
  expect(await looked("elsewhere")).toEqual(["Add", "All"]);
  expect(await looked("reporting, elsewhere", "app")).toEqual([]);
  expect(await looked("readers", "reporting")).toEqual(["All"]);
});

test("what a migration writes is watched where a query reads it, and nowhere else", async () => {
  const tried = jest.spyOn(await workspace.engines(), "use");
  const triedFor = async (sql: string, query: string): Promise<number> => {
    const sides = [open([SCHEMA], { Q: query }), open([SCHEMA, sql], { Q: query })] as const;
    tried.mockClear();
    expect((await verdictOf(...sides)).safe).toHaveLength(2);
    return tried.mock.calls.filter(([, leaves]) => leaves === "traces").length;
  };
  const update = "update people set name = upper(name);";
  expect(await triedFor(update, ":many\nselect what from log")).toBe(0);
  expect(await triedFor(update, ":many\nselect name from people")).toBeGreaterThan(0);
  tried.mockRestore();
});

test("a query that follows parents comes to an end", async () => {
  const queries = {
    Ancestors:
      ":many\nwith recursive up as (select id, parent_id from people where id = $1 union all select p.id, p.parent_id from up join people p on p.id = up.parent_id) select id from up order by id",
    Endless:
      ":many\nwith recursive n as (select 1 as i union all select 1 from n join people on true) select max(i) as i from n",
  };
  const head = open([SCHEMA, "alter table people add column age int;"], queries);
  const { findings } = await verdictOf(open([SCHEMA], queries), head);
  expect(findings.map(({ query, code, effect }) => [query, code, effect])).toEqual([
    ["Endless", "verify-untried", "may"],
  ]);
});
