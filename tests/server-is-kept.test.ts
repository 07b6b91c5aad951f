import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import { compareCatalogs, isSame } from "../generator/src/check/schema/compare.ts";
import { readCatalog } from "../generator/src/check/schema/snapshot/read.ts";
import { markOf } from "../generator/src/postgres/left-databases.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { until } from "../runtime/test/postgres/until.ts";
import { runCommand } from "./command.ts";
import { sliceToRun } from "./long-form.ts";
import { startBinaries } from "./postgres/binaries.mjs";

// What the databases of a server have in common is the same before and after whatever is done on it, be the process killed in the middle.

const OF_THE_SERVER = [
  "create role app login password 'of the server'; create role app_group; grant app_group to app",
  "alter role app set statement_timeout = '7s'; comment on role app is 'the application'",
  "create role maker createdb createrole login; create role of_maker; grant of_maker to maker with admin option",
  "create database shop owner app",
  "alter database shop set work_mem = '5MB'; comment on database shop is 'the shop'",
];

let server: { readonly url: string; stop(): Promise<void> };
let admin: pg.Client;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-kept-"));
  server = await startBinaries("16");
  admin = new pg.Client(server.url);
  await admin.connect();
  for (const sql of OF_THE_SERVER) await admin.query(sql);
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const CATALOGS: Readonly<Record<string, string>> = {
  pg_authid: "select * from pg_authid order by oid",
  pg_auth_members: "select * from pg_auth_members order by oid",
  pg_db_role_setting: "select * from pg_db_role_setting order by 1, 2",
  pg_database:
    "select oid, datname, datdba, datistemplate, datallowconn, datconnlimit, dattablespace, datacl from pg_database order by oid",
  pg_tablespace: "select * from pg_tablespace order by oid",
  pg_shdescription: "select * from pg_shdescription order by 1, 2",
  pg_shseclabel: "select * from pg_shseclabel order by 1, 2",
  pg_parameter_acl: "select * from pg_parameter_acl order by oid",
  pg_replication_origin: "select * from pg_replication_origin order by 1",
  pg_subscription: "select * from pg_subscription order by oid",
  pg_file_settings: "select * from pg_file_settings order by seqno",
};

async function cluster(): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const [catalog, sql] of Object.entries(CATALOGS)) found[catalog] = (await admin.query(sql)).rows;
  return found;
}

/** Statements that change what is common to all databases, of each kind that there is. */
const REACHING = [
  "alter role app superuser",
  "alter role app password 'another'",
  "alter role app set search_path = 'a'",
  "alter role app reset all",
  "alter role app in database shop set search_path = 'a'",
  "alter role all set search_path = 'a'",
  "alter role app rename to application",
  "alter user app valid until '2030-01-01'",
  "alter group app_group drop user app",
  "drop role if exists app_group",
  "drop owned by app",
  "reassign owned by app to postgres",
  "grant app_group to maker",
  "revoke app_group from app",
  "grant of_maker to app with admin option",
  "comment on role app is 'another'",
  "comment on database shop is 'another'",
  "alter system set work_mem = '6MB'",
  "create tablespace elsewhere location '/tmp'",
  "alter tablespace pg_default set (random_page_cost = 2)",
  "alter tablespace pg_default owner to app",
  "grant create on tablespace pg_default to app",
  "create database other",
  "drop database shop",
  "alter database shop set work_mem = '6MB'",
  "alter database shop owner to postgres",
  "alter database shop rename to store",
  "alter database shop connection limit 3",
  "grant connect on database shop to app_group",
  "revoke connect on database shop from public",
  "grant set on parameter log_statement to app",
  "select pg_replication_origin_create('somewhere')",
  "create role app",
  "create role app_new login superuser password 'x'; grant app_new to app; alter role app_new set work_mem = '9MB'",
];
/** The same where no reading of the text tells. */
const HIDDEN = REACHING.filter(
  (sql) => !/^(?:alter system|create database|drop database|create tablespace)/.test(sql),
).map((sql, i) => {
  const written = sql.replaceAll("'", "''");
  return i % 2 === 0
    ? `do $$ begin execute '${written}'; end $$`
    : `create function hidden_${i}() returns int language plpgsql as $$ begin execute '${written}'; return 1; end $$; create table hidden_${i} as select hidden_${i}()`;
});

test.each([
  ["in the open", REACHING],
  ["hidden in code", HIDDEN],
])("a schema is applied without what reaches the server, %s", async (_, statements) => {
  const before = await cluster();
  const engine = await ServerEngine.start(server.url);
  try {
    for (const [i, sql] of statements.entries()) {
      const text = `create table before_${i} (id int);\n${sql};\ncreate table behind_${i} (id int);\n`;
      const problems = await applySchema(engine, [{ path: "1.sql", text }]);
      expect([sql, problems.filter(({ severity }) => severity === "error")]).toEqual([sql, []]);
    }
    const rows = await engine.run(
      "select count(*)::int as n from pg_class where relname ~ '^(before|behind)_'",
    );
    expect(rows).toEqual([{ n: 2 * statements.length }]);
  } finally {
    await engine.close();
  }
  expect(await cluster()).toEqual(before);
});

test("what others change meanwhile is not taken for ours", async () => {
  const before = await cluster();
  let isOver = false;
  const others = ["a", "b", "c"].map(async (name) => {
    const client = new pg.Client(server.url);
    await client.connect();
    const statements = [
      `create role other_${name}`,
      `comment on role other_${name} is 'one'`,
      `comment on role other_${name} is 'another'`,
      `alter role other_${name} connection limit 3; alter role other_${name} set work_mem = '5MB'`,
      `grant other_${name} to app_group`,
      `drop role other_${name}`,
    ];
    while (!isOver) for (const sql of statements) await client.query(sql);
    await client.end();
  });
  const engine = await ServerEngine.start(server.url);
  try {
    for (let i = 0; i < 20; i++) {
      const text = `create role made_${i}; create table t_${i} (id int); grant select on t_${i} to made_${i};`;
      expect(await applySchema(engine, [{ path: "1.sql", text }])).toEqual([]);
    }
  } finally {
    isOver = true;
    await Promise.all(others);
    await engine.close();
  }
  expect(await cluster()).toEqual(before);
});

test("what others change of a role between two readings is no difference of schemas; of a role that they make, it is", async () => {
  const read = async (text: string) => {
    const engine = await ServerEngine.start(server.url);
    try {
      await applySchema(engine, [{ path: "1.sql", text }]);
      return await readCatalog(engine);
    } finally {
      await engine.close();
    }
  };
  const app =
    "do $$ begin if not exists (select from pg_roles where rolname = 'app') then create role app; end if; end $$;";
  const before = await read(`${app} create role made;`);
  const others = [
    "alter role app nologin connection limit 4",
    "comment on role app is 'another'",
    "revoke app_group from app",
  ];
  for (const sql of others) await admin.query(sql);
  try {
    const after = await read(`${app} create role made login;`);
    const { added, removed, changed } = compareCatalogs(before, after);
    expect([added, removed, changed.map(({ to }) => to.key)]).toEqual([[], [], ["role:made"]]);
    await admin.query("comment on role app is null");
    expect(isSame(compareCatalogs(after, await read(`${app} create role made login;`)))).toBe(true);
  } finally {
    const back = [
      "alter role app login connection limit -1",
      "comment on role app is 'the application'",
      "grant app_group to app",
    ];
    for (const sql of back) await admin.query(sql);
  }
});

test("what is left out is told, with what it would have changed; what the rest of the statement did goes with it", async () => {
  const engine = await ServerEngine.start(server.url);
  try {
    const text = `create table kept (id int);
do $$ begin create table with_it (id int); alter role app nologin; end $$;
alter role app in database ${"shop"} set work_mem = '1MB';
create role app_new; alter role app_new login; grant app_new to app; grant app_group to app_new;
do $$ begin if not exists (select from pg_roles where rolname = 'app') then create role app; end if; end $$;
create table by_app (id int); alter table by_app owner to app; set role app; select count(*) from by_app; reset role;
`;
    const said = await applySchema(engine, [{ path: "1.sql", text }]);
    expect(said.map(({ code, severity, message }) => [code, severity, message])).toEqual([
      [
        "schema-reaches-server",
        "warning",
        "this would change what belongs to the whole server: role app; the statement was left out",
      ],
    ]);
    const tables = await engine.run(
      "select relname from pg_class where relkind = 'r' and oid >= 16384 order by 1",
    );
    expect(tables.map(({ relname }) => relname)).toEqual(["by_app", "kept"]);
  } finally {
    await engine.close();
  }
});

test("nobody can sign in by a password that a schema gives a role", async () => {
  const engine = await ServerEngine.start(server.url);
  try {
    await applySchema(engine, [
      {
        path: "1.sql",
        text: "create role app_new login superuser password 'known'; create table t (id int)",
      },
    ]);
    const roles = "select rolpassword from pg_authid where rolname = 'app_new'";
    expect((await admin.query(roles)).rows).toEqual([{ rolpassword: null }]);
  } finally {
    await engine.close();
  }
  expect((await admin.query("select from pg_roles where rolname = 'app_new'")).rowCount).toBe(0);
});

test("a role that may make roles and databases changes no other either", async () => {
  const before = await cluster();
  const url = new URL(server.url);
  url.username = "maker";
  const engine = await ServerEngine.start(url.href);
  try {
    const statements = [
      "alter role of_maker login",
      "alter role maker password 'x'",
      "alter role of_maker password 'x'",
      "do $$ begin alter role of_maker password 'x'; end $$",
      "drop role of_maker",
      "alter role maker set work_mem = '1MB'",
      "do $$ begin create role of_maker_too; alter role of_maker_too login password 'x'; end $$",
      "create role of_maker_three password 'x'",
      "create table t (id int)",
    ];
    const text = statements.map((sql) => `${sql};\n`).join("");
    const said = await applySchema(engine, [{ path: "1.sql", text }]);
    const left = said.filter(({ code }) => code === "schema-reaches-server");
    expect(left.map(({ span }) => text.slice(0, span!.start).split("\n").length)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(said).toHaveLength(6);
  } finally {
    await engine.close();
  }
  expect(await cluster()).toEqual(before);
});

test("statements are run as they were, outside of a transaction and in one of their own", async () => {
  const engine = await ServerEngine.start(server.url);
  try {
    await engine.run("create table t (a int)");
    await engine.run("insert into t values (1); insert into t values (2)");
    await engine.run("create index concurrently on t (a)");
    await engine.run(
      "begin; insert into t values (3); commit; begin isolation level serializable; insert into t values (4); end",
    );
    await expect(
      engine.run("begin; insert into t values (5);\n  commit; select nothing"),
    ).rejects.toMatchObject({
      sqlState: "42703",
      offset: 50,
    });
    await engine.run("begin read only");
    await expect(engine.run("insert into t values (6)")).rejects.toMatchObject({ sqlState: "25006" });
    await engine.run("rollback");
    expect(await engine.run("select sum(a)::int as sum from t")).toEqual([{ sum: 15 }]);
    await expect(engine.run("do $$ begin insert into t values (7); commit; end $$")).rejects.toThrow(
      "commits by itself",
    );
    await engine.run("reset all");
    await expect(engine.run("do $$ begin alter role app nologin; commit; end $$")).rejects.toThrow(
      "commits by itself",
    );
    await expect(engine.run("begin; alter role app nologin; commit")).rejects.toThrow("role app");
    await engine.run("rollback");
    await expect(engine.run("alter role app nologin")).rejects.toThrow("role app");
  } finally {
    await engine.close();
  }
});

function project(files: Readonly<Record<string, string>>, at = folder): void {
  const set = { engine: "postgresql", schema: "schema", queries: "q.sql", database: { uri: server.url } };
  mkdirSync(join(at, "schema"), { recursive: true });
  writeFileSync(join(at, "sqlc.yaml"), JSON.stringify({ version: "2", sql: [set] }));
  writeFileSync(join(at, "q.sql"), "-- name: All :many\nselect id from t;\n");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(at, "schema", name), text);
}

const BASE =
  "create role app; create role app_new; create table t (id int); grant select on t to app, app_new;\n";
/** Each a migration, and what its statements would change. */
const MIGRATIONS = [
  "alter role app set work_mem = '9MB'; alter table t add column a int;\n",
  "do $$ begin alter role app superuser; end $$; alter table t add column a int;\n",
  "revoke all on t from app; drop role app; alter table t add column a int;\n",
  "grant app_group to app_new; reassign owned by app to app_new; alter role app_new login password 'x';\n",
  "begin; alter table t add column a int; grant pg_monitor to app; commit;\n",
];

const COMMANDS = ["vet", "diff --sql", "verify", "verify --plan", "rehearse"].flatMap((command) =>
  MIGRATIONS.map((migration) => [command, migration] as const),
);

test.each(sliceToRun("commands that leave a server as it is", COMMANDS, 12))(
  "the server is the same after %s of %s",
  async (command, migration) => {
    const before = await cluster();
    project({ "1_base.sql": BASE }, join(folder, "base"));
    project({ "1_base.sql": BASE, "2_change.sql": migration }, join(folder, "head"));
    const [name, ...flags] = command.split(" ");
    const live = name === "rehearse" ? `--database-url ${server.url} --rows 5 --rate 20 --seconds 0.2` : "";
    const args = [
      name!,
      ...flags,
      "--against",
      join(folder, "base"),
      "--no-cache",
      ...live.split(" ").filter(Boolean),
    ];
    const { code, err } = await runCommand(join(folder, "head"), ...args);
    expect([code, err]).toEqual([
      expect.any(Number),
      expect.not.stringMatching(/internal|defect|unknown option/),
    ]);
    expect(await cluster()).toEqual(before);
  },
);

test("a query that reaches other sessions is not executed on a server, and its verdict says so", async () => {
  const end = "-- name: EndSession :many\nselect pg_terminate_backend($1), t.id from t;\n";
  const [base, head] = [join(folder, "ends-base"), join(folder, "ends-head")];
  project({ "1.sql": BASE }, base);
  project({ "1.sql": BASE, "2.sql": "alter table t alter id type bigint;\n" }, head);
  for (const at of [base, head]) writeFileSync(join(at, "q.sql"), end);
  const { err, out } = await runCommand(head, "verify", "--against", base, "--no-cache");
  expect(err + out).toContain("it could not be tried on this server: it may reach beyond its database");
  expect(err).not.toMatch(/internal|defect/);
});

const BIN = fileURLToPath(new URL("../generator/bin/solitude-gen.js", import.meta.url));

test("a process that is killed leaves neither a database nor a role", async () => {
  const before = await cluster();
  const text =
    "create role app_new login; create table t (id int); grant select on t to app_new;\ncommit;\nselect pg_sleep(60);\n";
  project({ "1.sql": text });
  const child = spawn(process.execPath, [BIN, "grants", "--role", "app", "--no-cache"], {
    cwd: folder,
    stdio: "ignore",
  });
  const asleep =
    "select from pg_stat_activity where query ~ 'pg_sleep' and datname ~ '^solitude_gen_' and state = 'active'";
  await until(async () => (await admin.query(asleep)).rowCount === 1);
  expect((await admin.query("select from pg_roles where rolname = 'app_new'")).rowCount).toBe(1);
  child.kill("SIGKILL");
  await until(
    async () =>
      (await admin.query("select from pg_database where datname ~ '^solitude_gen_'")).rowCount === 0,
  );
  await until(
    async () => (await admin.query("select from pg_roles where rolname = 'app_new'")).rowCount === 0,
  );
  expect(await cluster()).toEqual(before);
});

test("what a whole machine left that was switched off, the next run takes away, and nothing else", async () => {
  const before = await cluster();
  const left = "solitude_gen_1_0123456789ab";
  await admin.query("create role app_new; create role app_used");
  const { rows } = await admin.query(
    "select oid::int8::text as oid, rolname from pg_roles where rolname ~ '^app_(new|used)$'",
  );
  const roles = new Map(rows.map(({ oid, rolname }) => [String(oid), String(rolname)]));
  await admin.query(`create database ${left}`);
  await admin.query(`comment on database ${left} is '${markOf(roles)}'`);
  await admin.query("create database solitude_gen_of_somebody");
  await admin.query("create table used (id int); grant select on used to app_used");
  const engine = await ServerEngine.start(server.url);
  await engine.close();
  const names = await admin.query(
    "select datname::text as name from pg_database where datname ~ '^solitude_gen_' union all select rolname from pg_roles where rolname ~ '^app_(new|used)$'",
  );
  expect(names.rows.map(({ name }) => name)).toEqual(["solitude_gen_of_somebody", "app_used"]);
  await admin.query("drop table used; drop role app_used");
  await admin.query("drop database solitude_gen_of_somebody");
  expect(await cluster()).toEqual(before);
});

test("runs at the same time share the roles that both make, and the last takes them away", async () => {
  const before = await cluster();
  const schema = [
    { path: "1.sql", text: "create role app_new; create table t (id int); grant select on t to app_new;" },
  ];
  const first = await ServerEngine.start(server.url);
  const second = await ServerEngine.start(server.url);
  await applySchema(first, schema);
  const third = await ServerEngine.start(server.url);
  const said = (await Promise.all([applySchema(second, schema), applySchema(third, schema)])).flat();
  expect(said.map(({ code }) => code)).toEqual(["schema-duplicate", "schema-duplicate"]);
  await first.close();
  expect(await second.run("select has_table_privilege('app_new', 't', 'select') as may")).toEqual([
    { may: true },
  ]);
  await third.close();
  await second.close();
  expect(await cluster()).toEqual(before);
});
