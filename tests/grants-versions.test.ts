import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { FUNCTIONS } from "../generator/src/check/grants/other-versions.ts";
import { runCommand } from "./command.ts";
import { rightsIn } from "./granted-rights.ts";
import { startBinaries } from "./postgres/binaries.mjs";

// What `solitude-gen grants` writes is made of what the embedded PostgreSQL has. A server of another version takes it all the same, the role has what of it
// that version has, and nothing is told that is not so there.

const SCHEMA = "create extension pg_stat_statements; create table t (a int);";
/** Functions and views that other versions have otherwise, or not at all, and some that all have. */
const QUERIES = [
  "select pg_stat_have_stats('database', 1, 1) as s",
  "select pg_stat_statements_reset() as r",
  "select name, path from pg_backend_memory_contexts",
  "select pid from pg_aios",
  "select rule_number, type from pg_hba_file_rules",
  "select pg_log_backend_memory_contexts(1) as l",
  "select pg_reload_conf() as l, pg_read_file('PG_VERSION') as r",
  "select rolpassword from pg_authid",
  "select a from t",
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-versions-"));
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql }]\n',
  );
  writeFileSync(join(folder, "s.sql"), SCHEMA);
  writeFileSync(join(folder, "q.sql"), QUERIES.map((sql, i) => `-- name: Q${i} :many\n${sql};\n`).join(""));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["12", "16"])("PostgreSQL %s takes the rights that it has", async (version) => {
  const server = await startBinaries(version);
  const admin = new pg.Client(server.url);
  try {
    await admin.connect();
    await admin.query(SCHEMA);
    await admin.query("create role app login; revoke create on schema public from public");
    const { code, out, err } = await runCommand(folder, "grants", "--role", "app");
    expect([code, err]).toEqual([0, ""]);
    await admin.query(out);
    const live = await runCommand(folder, "grants", "--role", "app", "--database-url", server.url);
    expect(live.err).toBe("");
    // Each is refused to a role that has nothing, where the server has it, and none to this one.
    await admin.query("create role nobody");
    const said = async (role: string, sql: string): Promise<string> => {
      await admin.query(`begin; set local session authorization ${role}`);
      const answer = await admin.query(sql).then(
        () => "",
        ({ message, code }: pg.DatabaseError) => (code === "42501" ? message : `other: ${message}`),
      );
      await admin.query("rollback");
      return answer;
    };
    const there: string[] = [];
    for (const sql of QUERIES) {
      if (!/^permission denied/.test(await said("nobody", sql))) continue;
      there.push(sql);
      expect([sql, await said("app", sql)]).toEqual([sql, expect.stringMatching(/^$|^other/)]);
    }
    expect(there.length).toBeGreaterThan(version === "12" ? 3 : 5);
    // And once more: what was given is taken back before.
    await admin.query(out);
    await admin.query("revoke execute on function pg_reload_conf() from app");
    const lacking = await runCommand(folder, "grants", "--role", "app", "--database-url", server.url);
    expect(lacking.err.match(/^error.*$/gm)).toEqual([
      "error[grants-missing]: app has no right to execute on function pg_catalog.pg_reload_conf()",
    ]);
    // What is written plainly, this version keeps from most as well.
    for (const signature of FUNCTIONS) {
      const { rows } = await admin.query(
        "select has_function_privilege('nobody', to_regprocedure($1)::oid, 'execute') as may",
        [`pg_catalog.${signature}`],
      );
      expect([signature, rows[0].may]).toEqual([signature, false]);
    }
    expect(rightsIn(out)).toContain("execute on function pg_catalog.pg_reload_conf()");
  } finally {
    await admin.end();
    await server.stop();
  }
});
