import { AnalysingEngine } from "../../src/postgres/analysing-engine.ts";
import { KeptEngines } from "../../src/postgres/kept-engines.ts";
import { EmbeddedEngine, load } from "../../src/postgres/pglite.ts";

// An engine that was closed is the next one's, as it was at its start.

const FRESH = { snapshot: null, extensions: [], root: "." };

/** What an engine may leave behind: files, folders and what is open; other settings, a transaction, roles; memory. */
const LEAVES = [
  "create table t (id int primary key, text text); insert into t select n, repeat('x', 900) from generate_series(1, 3000) n; create index on t (text)",
  "create schema s; create table s.u as select 1 as a; alter table s.u set unlogged; truncate s.u; drop schema s cascade",
  "create function f() returns int language plpgsql as $$ begin return 1; end $$; select f()",
  "create role left_over; alter database postgres set work_mem = '1MB'; set work_mem = '3MB'; set search_path = pg_catalog",
  "do $$ begin for n in 1..400 loop execute format('create table many_%s (id int primary key); insert into many_%s values (1)', n, n); end loop; end $$",
  "create temp table z (a int); insert into z values (1); checkpoint",
  "begin; create table in_transaction (a int); select nothing",
  "select set_config('app.who', 'me', false); prepare p as select 1; listen somebody; declare c cursor with hold for select 1",
  "vacuum full pg_catalog.pg_proc; reindex table pg_catalog.pg_class",
  "set work_mem = '20MB'; select count(*) from (select repeat('y', 3000) as text from generate_series(1, 2000) n order by 1, n offset 1) a",
];

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/** All that tells one engine from another, but for the clock. */
async function told(engine: AnalysingEngine): Promise<unknown> {
  const asked = [
    "select oid::int8::text, relname, relfilenode::int8::text, reltuples from pg_class order by oid",
    "select oid::int8::text, proname from pg_proc where oid >= 16384 or proname = 'f'",
    "select name, setting from pg_settings where name not like 'transaction%' and name not like 'plpgsql.%' order by name",
    "select rolname from pg_roles order by 1",
    "select name from pg_prepared_statements union all select name from pg_cursors union all select pg_listening_channels()",
    "create table made (id int primary key); insert into made values (1); select oid::int8::text, (select xmin::text from made) as xmin, pg_current_wal_insert_lsn()::text as at from pg_class where relname = 'made'",
  ];
  const found: unknown[] = [];
  for (const sql of asked) found.push(await engine.run(sql).catch((error: Error) => error.message));
  return [...found, await engine.describe("select id + 1 as next from made where id = $1")];
}

test("an engine that was closed is as it was at its start, whatever was done with it", async () => {
  const kept = new KeptEngines();
  const assets = await load();
  const first = await kept.start(FRESH, assets);
  const expected = await told(first);
  await first.close();
  const plain = await EmbeddedEngine.start();
  expect(await told(plain)).toEqual(expected);
  await plain.close();
  for (const sql of LEAVES) {
    const engine = await kept.start(FRESH, assets);
    await engine.run(sql).catch(() => {});
    await engine.close();
    const next = await kept.start(FRESH, assets);
    expect([sql, await told(next)]).toEqual([sql, expected]);
    await next.close();
  }
  await kept.end();
});

test("one begins where its snapshot ends, and not where another does; two at a time have nothing in common", async () => {
  const kept = new KeptEngines();
  const assets = await load();
  const snapshots: Uint8Array[] = [];
  for (const name of ["a", "b"]) {
    const engine = await kept.start(FRESH, assets);
    await engine.run(`create table ${name} (id int); insert into ${name} values (1)`);
    snapshots.push(await engine.snapshot());
    await engine.close();
  }
  const tables = (engine: AnalysingEngine): Promise<unknown> =>
    engine.run("select string_agg(relname, ' ' order by relname) as names from pg_class where oid >= 16384");
  for (let turn = 0; turn < 3; turn++)
    for (const [i, snapshot] of snapshots.entries()) {
      const [one, other] = [
        await kept.start({ ...FRESH, snapshot }, assets),
        await kept.start({ ...FRESH, snapshot: snapshot.slice() }, assets),
      ];
      expect(await tables(one)).toEqual([{ names: ["a", "b"][i] }]);
      await one.run(`create table more_${turn} (id int)`);
      expect(await tables(other)).toEqual([{ names: ["a", "b"][i] }]);
      expect(await one.snapshot()).not.toEqual(snapshot);
      await Promise.all([one.close(), other.close()]);
    }
  await kept.end();
});

test("a limit of time that outlasts its statement goes with who set it", async () => {
  const kept = new KeptEngines();
  const engine = await kept.start(FRESH, await load());
  const before = timers();
  await engine.run("set statement_timeout = '60s'");
  await engine.run("select 1");
  expect(timers()).toBe(before + 1);
  await engine.close();
  expect(timers()).toBe(before);
  await kept.end();
});

test("files of an engine before are no files of the one behind", async () => {
  const kept = new KeptEngines();
  const assets = await load();
  const sizes: number[] = [];
  for (const tables of [0, 3, 2, 1, 0]) {
    const engine = await kept.start(FRESH, assets);
    for (let n = 0; n < tables; n++) await engine.run(`create table t_${n} (id int primary key)`);
    sizes.push((await engine.snapshot()).length);
    await engine.close();
  }
  expect(sizes.at(-1)).toBe(sizes[0]);
  expect(sizes.slice(1)).toEqual(sizes.slice(1).sort((a, b) => b - a));
  await kept.end();
});

test("one that has loaded a library is not rewound", async () => {
  const options = { ...FRESH, extensions: ["citext"] };
  const started = await AnalysingEngine.startAgain(options, await load(), async () => {});
  const first = started.engine();
  await first.run("create table t (a int)");
  await first.close();
  expect(started.rewind()).toBe(true);
  const second = started.engine();
  await second.run("create extension citext; create table u as select 'A'::citext = 'a' as same");
  await second.close();
  expect(started.rewind()).toBe(false);
  await started.end();
});

test("who has closed one has it no more", async () => {
  const kept = new KeptEngines();
  const assets = await load();
  const first = await kept.start(FRESH, assets);
  await first.close();
  const second = await kept.start(FRESH, assets);
  await expect(first.run("select 1")).rejects.toThrow("PGlite is closed");
  await expect(first.close()).rejects.toThrow("PGlite is closed");
  expect(await second.run("select 1 as one")).toEqual([{ one: 1 }]);
  await second.close();
  await kept.end();
});
