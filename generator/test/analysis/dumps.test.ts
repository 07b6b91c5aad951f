import { readdirSync, readFileSync } from "node:fs";
import { applySchema } from "../../src/analysis/apply-schema.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { executableSchema } from "../../src/source/migrations.ts";
import { Bench } from "../check/schema/bench.ts";

const FOLDER = new URL("dumps/", import.meta.url);
const DUMPS = readdirSync(FOLDER).filter((name) => name !== "origin.sql");
const EXTENSIONS = ["citext", "pgcrypto"];
const GIVEN = ["Odd Role", "app_owner", "app_reader", "other_owner"];

const read = (name: string): string => executableSchema(name, readFileSync(new URL(name, FOLDER), "utf8"));

describe("a dump leads to the schema that it was made from", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.start(EXTENSIONS);
  });
  afterAll(() => bench.close());

  test.each(DUMPS)("%s", async (name) => {
    const { changes } = await bench.diff(read("origin.sql"), read(name));
    // Roles are of the server; what everybody may do in `public` is a default of the release.
    const own = changes.filter(({ kind, identity }) => kind !== "role" && identity !== "public");
    expect(own).toEqual([]);
  });
});

describe("what a dump takes as given", () => {
  let engine: EmbeddedEngine;
  beforeEach(async () => {
    engine = await EmbeddedEngine.start({ snapshot: null, extensions: EXTENSIONS, root: "." });
  });
  afterEach(() => engine.close());

  const apply = (...texts: string[]) =>
    applySchema(
      engine,
      texts.map((text, i) => ({ path: `${i + 1}.sql`, text: executableSchema(`${i + 1}.sql`, text) })),
    );

  test("roles are provided, and mentioned once", async () => {
    const message = `the schema takes as given, and the analysis provided: ${GIVEN.map((name) => `role ${name}`).join(", ")}`;
    expect(await apply(read("16-create-and-data.sql"))).toEqual([
      { code: "schema-provided", severity: "info", message },
    ]);
  });

  test("a sequence takes the owner of the table that is to own it", async () => {
    const dump = `create schema app authorization shop;
\\connect shop
create table app."Users" (id bigint not null);
alter table app."Users" owner to shop;
create sequence app.users_id_seq;
alter sequence app.users_id_seq owned by app."Users".id;
copy app."Users" (id) from stdin;
1
\\.
select pg_catalog.setval('app.users_id_seq', 1, true);
`;
    expect((await apply(dump)).map(({ code }) => code)).toEqual(["schema-provided"]);
    expect(await engine.run("select pg_get_serial_sequence('app.\"Users\"', 'id') as owned")).toEqual([
      { owned: "app.users_id_seq" },
    ]);
  });

  test("what says nothing of the schema is left out: another session, another release's settings, data", async () => {
    const dump = `create role postgres;
set transaction_timeout_of_tomorrow = 0;
set session authorization 'nobody';
create materialized view v as select 1 as one with no data;
refresh materialized view v;`;
    expect((await apply(dump)).map(({ message }) => message)).toEqual([
      'unrecognized configuration parameter "transaction_timeout_of_tomorrow"; the statement was skipped',
    ]);
    expect(await apply("set default_with_oids = true; create table t ();")).toEqual([]);
  });

  test("a role that one file takes on is not the next one's", async () => {
    expect((await apply("set role visitor;", "create table public.t ();")).map(({ code }) => code)).toEqual([
      "schema-provided",
    ]);
  });
});
