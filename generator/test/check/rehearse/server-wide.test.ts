import { changesServer, isOfAnother } from "../../../src/check/rehearse/server-wide.ts";
import { parseScript } from "../../../src/postgres/raw-parse.ts";

const THERE = new Set(["somebody"]);

const changes = async (sql: string): Promise<boolean> => {
  const [statement] = await parseScript(sql);
  return changesServer(statement!, (role) => THERE.has(role));
};

test.each([
  "alter system set work_mem = '5MB'",
  "alter role somebody createdb",
  "do $$ begin execute 'alter role ' || current_user || ' set work_mem = 1000'; end $$",
  "do $$ begin drop database if exists other; end $$",
  "do $$ begin perform pg_terminate_backend(pid) from pg_stat_activity; end $$",
  "select pg_terminate_backend(pid) from pg_stat_activity",
  "insert into t select pg_catalog.pg_reload_conf()",
  "select pg_create_logical_replication_slot('s', 'pgoutput')",
  "select pg_drop_replication_slot('s')",
  "select lo_export(1, '/tmp/x')",
  "select dblink_exec('host=other', 'drop table t')",
  "copy t to '/tmp/x'",
  "copy t to program 'cat'",
  "copy t from program 'cat'",
])("what reaches beyond its database is known: %s", async (sql) => {
  expect(await changes(sql)).toBe(true);
});

test.each([
  "alter role mine createdb",
  "create role mine",
  "do $$ begin create role mine; alter table t add x int; end $$",
  "create function f() returns void language sql as 'select pg_reload_conf()'",
  "create function f() returns bool begin atomic select pg_reload_conf(); end",
  "copy t to stdout",
  "copy t from '/tmp/x'",
  "select pg_sleep(1), pg_advisory_lock(1)",
])("what stays within it is known: %s", async (sql) => {
  expect(await changes(sql)).toBe(false);
});

test("a subscription is another server's", async () => {
  for (const sql of [
    "create subscription s connection 'host=other' publication p",
    "alter subscription s enable",
    "drop subscription s",
  ])
    expect(isOfAnother((await parseScript(sql))[0]!)).toBe(true);
  expect(isOfAnother((await parseScript("create publication p for all tables"))[0]!)).toBe(false);
});
