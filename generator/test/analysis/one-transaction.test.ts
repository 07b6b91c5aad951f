import { existsSync, readdirSync, readFileSync } from "node:fs";
import { applySchema } from "../../src/analysis/apply-schema.ts";
import { compareCatalogs } from "../../src/check/schema/compare.ts";
import { executableSchema } from "../../src/source/migrations.ts";
import { Bench } from "../check/schema/bench.ts";
import { isLongForm, sliceToRun } from "../long-form.ts";

/** Schemas that the suites have for other purposes, each applied again in the ways in which a file can be written. */
const ROOT = new URL("../../../", import.meta.url);
const CASES = readdirSync(new URL("tests/cases/", ROOT), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `tests/cases/${name}/schema.sql`)
  .filter((path) => existsSync(new URL(path, ROOT)));
const DUMPS = ["12-schema-only", "16-create-and-data", "18-clean"].map(
  (name) => `generator/test/analysis/dumps/${name}.sql`,
);
const OWN = readdirSync(new URL("schema/", ROOT))
  .filter((name) => name.endsWith(".sql"))
  .sort()
  .map((name) => `schema/${name}`);

const read = (path: string): string => executableSchema(path, readFileSync(new URL(path, ROOT), "utf8"));
const FIXTURES: readonly (readonly [string, string])[] = [
  ...[...CASES, ...DUMPS].map((path) => [path, read(path)] as const),
  ["schema", OWN.map(read).join("\n")],
];

/** What can go wrong without a loss, in the ways of going wrong that differ: skipped, provided, left out, there already. */
const RECOVERABLE = [
  "grant select on nothing_of_this_name to public;",
  "create table public._given (a int default nextval('public._given_seq')) tablespace _given_space; drop table public._given; drop sequence if exists public._given_seq;",
  "create schema if not exists _twice; create schema _twice; drop schema _twice;",
];

/** Puts a text behind each semicolon that ends a statement of the file. */
function afterEach(text: string, insert: (position: number) => string): string {
  let position = 0;
  let result = "";
  let at = 0;
  for (const end of statementEnds(text)) {
    result += `${text.slice(at, end)}\n${insert(position++)}\n`;
    at = end;
  }
  return result + text.slice(at);
}

/** Where no quotes, comments or parentheses are open; fixtures have dollar quotes on their own lines. */
function statementEnds(text: string): number[] {
  const ends: number[] = [];
  const pattern =
    /'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"]|"")*"|[();]|\bbegin\s+atomic\b[\s\S]*?\bend;/gi;
  let depth = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === "(") depth++;
    else if (match[0] === ")") depth--;
    else if ((match[0] === ";" || /;$/.test(match[0])) && depth === 0)
      ends.push(match.index + match[0].length);
  }
  return ends;
}

const WAYS: readonly (readonly [string, (text: string) => string])[] = [
  [
    "wrapped in BEGIN … COMMIT, with SET LOCAL",
    (text) => `begin; set local lock_timeout = '5s';\n${text}\ncommit;`,
  ],
  [
    "behind transactions of its own, in one with a savepoint",
    (text) => `set local lock_timeout = '5s'; begin; create table _first (); commit;
      begin; create table _never (); set local search_path = pg_catalog; rollback;
      start transaction; drop table _first; savepoint a;\n${text}\nrelease savepoint a; end;`,
  ],
  ["with one recoverable failure at each position", withFailures],
  [
    "wrapped, with one recoverable failure at each position",
    (text) => `begin;\n${withFailures(text)}\ncommit;`,
  ],
];

function withFailures(text: string): string {
  return afterEach(text, (position) => RECOVERABLE[position % RECOVERABLE.length]!);
}

describe("a schema is the same however its file is written", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.start(["btree_gist", "citext", "hstore", "ltree", "pg_trgm", "pgcrypto", "vector"]);
  });
  afterAll(() => bench?.close());

  // Each fixture in one of the ways, and each way with some; the project's own schema, the largest, in the one that has most of the others.
  test.each(sliceToRun("schemas, written in other ways", FIXTURES, 6))("%s", async (name, text) => {
    const plain = (await bench.side(text)).catalog;
    const turn = FIXTURES.findIndex(([other]) => other === name) % WAYS.length;
    const own = name === "schema" ? WAYS.length - 1 : turn;
    for (const [way, written] of isLongForm ? WAYS : WAYS.slice(own, own + 1)) {
      const { added, removed, changed } = compareCatalogs(plain, (await bench.side(written(text))).catalog);
      const keys = [...added, ...removed, ...changed.map(({ to }) => to)].map(({ key }) => key);
      expect([way, ...keys]).toEqual([way]);
    }
  });
});

describe("a statement keeps its context", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.start();
  });
  beforeEach(() => bench.side());
  afterAll(() => bench.close());

  const apply = (...texts: string[]) =>
    applySchema(
      bench.engine,
      texts.map((text, i) => ({ path: `${i + 1}.sql`, text })),
    );
  const tables = async (): Promise<unknown[]> =>
    (
      await bench.engine.run(
        "select format('%s.%s', nspname, relname) as t from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and nspname !~ '^pg_|^information' order by 1",
      )
    ).map(({ t }) => t);

  test("what is tried again is tried under its file's settings", async () => {
    const needs = "create table acct (id int, z later);";
    expect(
      await apply(
        `create schema app; set search_path = app, public; ${needs}`,
        `create schema other; begin; set local search_path = other, public; ${needs} commit; create table plain ();`,
        `create schema third; select set_config('search_path', 'third, public', true); ${needs}`,
        "create type public.later as enum ('a');",
      ),
    ).toEqual([]);
    expect(await tables()).toEqual(["app.acct", "other.acct", "public.plain", "third.acct"]);
  });

  test("what is tried again is done by its file's role", async () => {
    await apply(
      "create role builder; grant all on schema public to builder; set role builder; create table t (z later);",
      "create type later as enum ('a');",
    );
    expect(await bench.engine.run("select tableowner from pg_tables where tablename = 't'")).toEqual([
      { tableowner: "builder" },
    ]);
  });

  test("SET LOCAL ends with the file's own transaction, and a file's SET with the file", async () => {
    expect(
      await apply(
        "create schema a; begin; set local search_path = a; create table one (); commit; create table two ();",
        "set search_path = a; create table three ();",
        "create table four ();",
      ),
    ).toEqual([]);
    expect(await tables()).toEqual(["a.one", "a.three", "public.four", "public.two"]);
  });

  test("a value is added to an enum and used, under SET LOCAL", async () => {
    expect(
      await apply(
        "create schema a; create type a.e as enum ('x');",
        "set local search_path = a; alter type e add value 'y'; create table t (v e default 'y'); create table u ();",
      ),
    ).toEqual([]);
    expect(await tables()).toEqual(["a.t", "a.u"]);
  });

  test("a procedure that commits runs outside of the transaction, under SET LOCAL", async () => {
    expect(
      await apply(
        `create schema a; create procedure public.p() language plpgsql as $$ begin
           execute 'create table ' || current_schema || '.made ()'; commit; end $$;`,
        "set local search_path = a, public; call p(); create table then_this ();",
        "create table elsewhere ();",
      ),
    ).toEqual([]);
    expect(await tables()).toEqual(["a.made", "a.then_this", "public.elsewhere"]);
  });

  test("rows that break a deferred constraint do not undo the tables", async () => {
    await apply(
      `create table p (id int primary key); create table c (p int references p deferrable initially deferred);
       insert into c values (1); grant select on c to somebody;`,
    );
    expect(await tables()).toEqual(["public.c", "public.p"]);
  });

  test("savepoints and rollbacks of the file's own mean what they say", async () => {
    expect(
      await apply(
        `begin; create table a (); savepoint s; create table b (); rollback to savepoint s; create table c (); commit;
         begin; create table d (); rollback; create table e (); rollback; release nothing; savepoint s; release s;`,
      ),
    ).toEqual([]);
    expect(await tables()).toEqual(["public.a", "public.c", "public.e"]);
  });
});
