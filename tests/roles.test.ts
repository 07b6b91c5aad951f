import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PoolClient } from "pg";
import { checkRights } from "../generator/src/check/grants/on-server.ts";
import { pipeline } from "../generator/src/cli/pipeline.ts";
import type { Engine } from "../generator/src/postgres/engine.ts";
import { runCommand } from "./command.ts";
import { sliceToRun } from "./long-form.ts";
import type { TestDatabase } from "./postgres/database.ts";
import { createSolitudeDatabase } from "./postgres/solitude-schema.ts";
import { type AnalysedQuery, analysedQueries, queriesAcrossTenants } from "./solitude/world.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ROLES = ["solitude_app", "solitude_worker"] as const;
type Role = (typeof ROLES)[number];
const committed = (role: Role): string => readFileSync(`${ROOT}/roles/${role}.sql`, "utf8");

const queries = analysedQueries();
const across = queriesAcrossTenants();
const queriesOf = (role: Role): readonly AnalysedQuery[] =>
  queries.filter(({ name }) => across.has(name) === (role === "solitude_worker"));

let database: TestDatabase;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  const { rows } = await database.pool.query(`
    select distinct r.ev_class::regclass::text as view, d.refobjid::regclass::text as reads
    from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
    where d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class and d.refobjid >= 16384`);
  views = rows;
});
afterAll(() => database?.drop());

test.each(ROLES)("the committed rights of %s are those that its queries need", async (role) => {
  const { code, out } = await runCommand(ROOT, "grants", "--role", role);
  expect([code, out]).toEqual([0, committed(role)]);
});

/** Runs `work` in a transaction that leaves nothing, as a superuser who can become the application. */
async function inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    await work(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

/** The relation with the views that read it, directly or through others. */
let views: readonly { view: string; reads: string }[] = [];
const below = (relation: string): string[] => [
  relation,
  ...views.filter(({ reads }) => reads === relation).flatMap(({ view }) => below(view)),
];

/** What stops the role from running the query: the executor checks rights before it explains. */
async function refusal(client: PoolClient, role: Role, { sql }: AnalysedQuery): Promise<string | null> {
  await client.query(`savepoint s; set local role ${role}`);
  const error = await client.query(`explain (generic_plan) ${sql}`).then(
    () => null,
    (e: Error & { code?: string }) => e,
  );
  await client.query("rollback to savepoint s");
  if (error === null) return null;
  if (error.code !== "42501") throw error;
  return error.message;
}

test.each([
  ["solitude_app", 200],
  ["solitude_worker", 15],
] as const)("%s may run every query of its own", async (role, least) => {
  expect(queriesOf(role).length).toBeGreaterThan(least);
  await inTransaction(async (client) => {
    for (const query of queriesOf(role))
      expect([query.name, await refusal(client, role, query)]).toEqual([query.name, null]);
  });
});

test.each([
  ["solitude_app", 300],
  ["solitude_worker", 50],
] as const)(
  "%s has no right that no query needs: without any one of them, one cannot run",
  async (role, least) => {
    const rights = Array.from(
      committed(role).matchAll(/^grant (\w+)(?: \((.*)\))? on (\S+) to "solitude_\w+";$/gm),
      (m) => ({
        kind: m[1] ?? "",
        columns: m[2]?.split(", ") ?? [null],
        table: m[3] ?? "",
      }),
    ).flatMap(({ columns, ...right }) => columns.map((column) => ({ ...right, column })));
    expect(rights.length).toBeGreaterThan(least);
    const needless: unknown[] = [];
    const kindOf = ({ kind, column }: (typeof rights)[number]): string =>
      `${kind} of ${column === null ? "all" : "a column"}`;
    await inTransaction(async (client) => {
      for (const { kind, table, column } of sliceToRun(`rights that ${role} needs`, rights, 20, { kindOf })) {
        await client.query(
          `savepoint r; revoke ${kind} ${column ? `(${column})` : ""} on ${table} from ${role}`,
        );
        const name = table.split('"')[3] ?? "";
        let isNeeded = false;
        for (const query of queriesOf(role)) {
          // A view that runs as whoever asks needs the rights on what is below it.
          if (!below(name).some((relation) => query.sql.includes(relation))) continue;
          isNeeded = (await refusal(client, role, query)) !== null;
          if (isNeeded) break;
        }
        if (!isNeeded) needless.push({ kind, table, column });
        await client.query("rollback to savepoint r; release savepoint r");
      }
    });
    expect(needless).toEqual([]);
  },
);

/** Single rights as the file gives them: each column by itself. */
const rightsIn = (role: Role): readonly { readonly right: string; readonly told: string }[] =>
  Array.from(
    committed(role).matchAll(/^grant (.+?) on (.+) to "solitude_\w+";$/gm),
    ([, kinds = "", object = ""]) => {
      const [, kind = kinds, list] = /^(\w+) \((.+)\)$/.exec(kinds) ?? [];
      const on = object.replaceAll('"', "");
      if (list === undefined) return [{ right: `${kind} on ${object}`, told: `${kind} on ${on}` }];
      return list.split(", ").map((column) => ({
        right: `${kind} (${column}) on ${object}`,
        told: `${kind} (${column.replaceAll('"', "")}) on ${on}`,
      }));
    },
  ).flat();

test.each(ROLES)(
  "of %s a check of the server tells each right that is taken away, and no other",
  async (role) => {
    const loaded = await pipeline.loadConfig(undefined, ROOT);
    const { querySets } = await pipeline.analyze(loaded, { cache: true });
    const { rights } = await pipeline.grants(role, loaded, querySets);
    const all = rightsIn(role);
    const untold: unknown[] = [];
    /** `select (…) on`, `usage on schema`. */
    const kindOf = ({ right }: (typeof all)[number]): string =>
      right.replace(/\(.*?\)/, "(…)").replace(/"\S*/, "");
    await inTransaction(async (client) => {
      const engine = { version: 160_000, run: async (sql: string) => (await client.query(sql)).rows };
      const missing = async (): Promise<string[]> =>
        (await checkRights(role, rights, engine as unknown as Engine)).flatMap(
          ({ code, severity, message }) =>
            code === "grants-missing" && severity === "error" ? [message] : [],
        );
      // Everybody has this one, whoever else has it.
      await client.query("revoke usage on schema public from public");
      expect(await missing()).toEqual([]);
      for (const { right, told } of sliceToRun(`rights of ${role} that are taken away`, all, 20, {
        kindOf,
      })) {
        await client.query(`savepoint r; revoke ${right} from ${role}`);
        const said = await missing();
        if (said.length !== 1 || said[0] !== `${role} has no right to ${told}`) untold.push([right, said]);
        await client.query("rollback to savepoint r; release savepoint r");
      }
    });
    expect(untold).toEqual([]);
  },
);

test.each([
  "update audit_logs set action = 'a.b'",
  "truncate users",
  "delete from users",
  "update users set id = gen_random_uuid()",
  "insert into audit_logs (seq) values (1)",
  "create table own (n int)",
  "alter table users add column admin boolean",
  "select * from pg_authid",
  "set role solitude_ops",
  "select create_audit_log_partitions(current_date, 1)",
])("it may not: %s", async (statement) => {
  const app = database.poolAs("solitude_app");
  // poolAs signs in as the superuser; the role in effect is what is checked.
  await expect(
    app.connect().then(async (client) => {
      try {
        await client.query("begin; set local session authorization solitude_app");
        await client.query(statement);
      } finally {
        await client.query("rollback");
        client.release();
      }
    }),
  ).rejects.toMatchObject({ code: "42501" });
});
