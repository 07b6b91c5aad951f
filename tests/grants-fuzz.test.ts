import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pg from "pg";
import { runCommand } from "./command.ts";
import { rightsIn } from "./granted-rights.ts";
import { casesToRun } from "./long-form.ts";
import { startBinaries } from "./postgres/binaries.mjs";

// Random statements over random schemas, each sent on PostgreSQL 16 by a role that has what `solitude-gen grants` writes for it: that must do, and
// without any one of its lines the statement must be refused. SOLITUDE_FUZZ_RUNS and SOLITUDE_SEED try others.

let server: { readonly url: string; stop(): Promise<void> };
let admin: pg.Client;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-grants-fuzz-"));
  server = await startBinaries("16");
  admin = new pg.Client(server.url);
  await admin.connect();
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a table has that calls a function which not anyone may execute, by its name. */
const FEATURES = {
  default: (t: string, f: string) => `alter table ${t} add column fallback int default ${f}(1);`,
  check: (t: string, f: string) => `alter table ${t} add check (${f}(a) is not null);`,
  generated: (t: string, f: string) =>
    `alter table ${t} add column made int generated always as (${f}(b)) stored;`,
  index: (t: string, f: string) => `create index on ${t} ((${f}(a)));`,
  predicate: (t: string, f: string) => `create index on ${t} (b) where ${f}(a) > 0;`,
  domain: (t: string, f: string) =>
    `create domain ${t}_d as int check (${f}(coalesce(value, 0)) is not null); alter table ${t} add column d ${t}_d;`,
  when: (t: string, f: string) =>
    `create trigger tr before insert or update of a or delete on ${t} for each row when (${f}(1) > 0) execute function pass();`.replace(
      "insert or update of a or delete",
      f.endsWith("1") ? "delete" : "insert or update of a",
    ),
  rule: (t: string, f: string) => `create rule r as on update to ${t} do also select ${f}(new.a);`,
  policy: (t: string, f: string) =>
    `alter table ${t} enable row level security; create policy p on ${t} using (${f}(a) > 0 and exists (select from shared where shared.k >= 0));`,
  serial: (t: string) =>
    `create sequence ${t}_s; alter table ${t} add column n bigint default nextval('${t}_s');`,
} as const;
type Feature = keyof typeof FEATURES;
const ALL = Object.keys(FEATURES) as Feature[];

/** Statements on a table and another one; `V` stands for a view of it, of which there are two kinds. */
const STATEMENTS = [
  "select a from T",
  "select count(*) as n from T",
  "select t from T t where b = 1",
  "select t.a, u.b from T t left join U u on u.a = t.b order by u.a",
  "select distinct b from T group by b having max(a) > 0",
  "select a from V",
  "select c from V where a > 0",
  "select count(*) as n from V",
  "insert into T (a) values (7)",
  "insert into T (a, b) values (8, 1), (9, default) returning b",
  "insert into T (a, b) values (1, 5) on conflict (a) do update set b = excluded.b",
  "insert into T (a, b) values (1, 5) on conflict do nothing",
  "insert into T (a, b) select a + 100, b from U",
  "insert into V (a) values (11)",
  "update T set b = 2 where a = 1",
  "update T set a = a + 50",
  "update T t set b = u.b from U u where u.a = t.a",
  "update V set a = a + 60",
  "delete from T",
  "delete from T where a in (select b from U)",
  "delete from T using U where U.a = T.a returning T.b",
  "delete from V where a = 1",
  "merge into T t using U u on u.a = t.a when matched then update set b = u.b when not matched then insert (a, b) values (u.a + 200, 1)",
  "merge into T t using (values (1)) v (x) on v.x = t.a when matched then delete",
  "with gone as (delete from T returning a) insert into U (a) select a + 300 from gone",
  "with x as (select a from V) select x.a, U.b from x, U",
  "truncate T",
  "lock table T in share mode",
  "lock table T in access share mode",
  "select a from T where a = 1 for update",
  "select exists (select from T where b > 0) as is_there",
  "values (1, 2)",
  "select pg_stat_reset()",
  "select f_free(a) as f from T",
  "select f_kept(1) as f",
] as const;

interface World {
  readonly features: readonly (readonly Feature[])[];
  readonly isInvoker: readonly boolean[];
  readonly statements: readonly { readonly text: (typeof STATEMENTS)[number]; readonly at: number }[];
}

const world: fc.Arbitrary<World> = fc.record({
  features: fc.array(fc.subarray(ALL, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 2 }),
  isInvoker: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
  statements: fc.uniqueArray(fc.record({ text: fc.constantFrom(...STATEMENTS), at: fc.nat(1) }), {
    minLength: 10,
    maxLength: 10,
    selector: ({ text, at }) => `${text} ${at}`,
  }),
});

function schemaOf({ features, isInvoker }: World): string {
  const lines = [
    "create function pass() returns trigger language plpgsql as $$ begin return coalesce(new, old); end $$;",
    "create table shared (k int); insert into shared values (1);",
    "create function f_free(x int) returns int language sql immutable as 'select x';",
    "create function f_kept(x int) returns int language plpgsql immutable as 'begin return x; end'; revoke execute on function f_kept from public;",
  ];
  for (const [i, list] of features.entries()) {
    const table = `t${i}`;
    lines.push(`create table ${table} (a int primary key, b int default 1);`);
    for (const feature of list) {
      const fn = `f_${feature}_${i}`;
      lines.push(
        `create function ${fn}(x int) returns int language plpgsql immutable as 'begin return x; end'; revoke execute on function ${fn} from public;`,
        FEATURES[feature](table, fn),
      );
    }
    lines.push(
      `create function f_view_${i}(x int) returns int language plpgsql immutable as 'begin return x; end'; revoke execute on function f_view_${i} from public;`,
      `create view v${i} with (security_invoker = ${isInvoker[i]}) as select a, f_view_${i}(b) as c from ${table};`,
    );
  }
  return lines.join("\n");
}

const sqlOf = ({ text, at }: World["statements"][number]): string =>
  text
    .replaceAll(/\bT\b/g, `t${at}`)
    .replaceAll(/\bU\b/g, `t${1 - at}`)
    .replaceAll(/\bV\b/g, `v${at}`);

async function said(role: string, sql: string): Promise<string> {
  await admin.query(`begin; set local session authorization ${role}`);
  const answer = await admin.query(sql).then(
    () => "",
    ({ code, message }: pg.DatabaseError) => (code === "42501" ? message : `error: ${message}`),
  );
  await admin.query("rollback");
  return answer;
}

test("what is written does, and each line of it is needed", async () => {
  const all = {
    runs: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 12),
    seed: Number(process.env.SOLITUDE_SEED ?? 20261130),
  };
  const { runs, seed } = casesToRun("statements and what they need", all, 6);
  const count = { worlds: 0, statements: 0, rights: 0 };
  const lacking: string[] = [];
  const needless = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(world, async (one) => {
      count.worlds++;
      const ddl = schemaOf(one);
      writeFileSync(
        join(folder, "sqlc.yaml"),
        'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql }]\n',
      );
      writeFileSync(join(folder, "s.sql"), ddl);
      await admin.query("drop schema public cascade; create schema public; set search_path = public");
      await admin.query(ddl);
      for (const i of [0, 1]) await admin.query(`insert into t${i} (a, b) values (1, 1), (2, 2)`);
      // Rules go with neither MERGE nor ON CONFLICT.
      const statements: World["statements"][number][] = [];
      for (const each of one.statements)
        if ((await said("postgres", sqlOf(each))) === "") statements.push(each);
      const sql = statements.map(sqlOf);
      const queries = sql.map((text, i) => `-- name: Q${i} :exec\n-- @role s${i}\n${text};\n`);
      writeFileSync(join(folder, "q.sql"), queries.join("\n"));
      for (const [i, text] of sql.entries()) {
        const role = `s${i}`;
        await admin.query(`create role ${role}`);
        const { code, out, err } = await runCommand(folder, "grants", "--role", role);
        if (code !== 0) throw new Error(`${text}: ${err}`);
        await admin.query(out);
        count.statements++;
        const answer = await said(role, text);
        if (answer !== "") lacking.push(`${text}: ${answer}\n${JSON.stringify(one.features)}`);
        for (const right of rightsIn(out)) {
          // PUBLIC has it as well.
          if (/on schema "public"$/.test(right)) continue;
          count.rights++;
          await admin.query(`revoke ${right} from ${role}`);
          if ((await said(role, text)) === "") {
            const key = `${statements[i]!.text}: ${right.replaceAll(/\d/g, "N")}`;
            needless.set(key, (needless.get(key) ?? 0) + 1);
          }
          await admin.query(`grant ${right} to ${role}`);
        }
        await admin.query(`drop owned by ${role}; drop role ${role}`);
      }
    }),
    { numRuns: runs, seed, endOnFailure: true },
  );
  if (process.env.SOLITUDE_FUZZ_RUNS !== undefined)
    console.log(JSON.stringify({ count, needless: [...needless] }, null, 1));
  expect(lacking).toEqual([]);
  // A function is called where there is a row for it: not each statement finds one that it changes. An index is left as it is where the new row lies beside
  // the old one, and which columns of a table a view's are is not known.
  const isOfRows = (right: string): boolean =>
    /^(?:insert .* on conflict|update .* from |merge ).*: (?:execute|usage) /.test(right) ||
    /^update .*: execute on function public\.f_(?:index|predicate)_/.test(right) ||
    /^update V .*: execute on function public\.f_generated_/.test(right);
  expect([...needless.keys()].filter((right) => !isOfRows(right))).toEqual([]);
  expect(count.rights).toBeGreaterThan(count.worlds);
}, 600_000);
