import { readFileSync } from "node:fs";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";
import { applySolitudeSchema } from "../postgres/solitude-schema.ts";

// What the catalog must say of whatever a migration adds, so that nobody has to remember it.

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await applySolitudeSchema(database.pool);
});
afterAll(() => database?.drop());

const names = async (sql: string): Promise<string[]> =>
  (await database.pool.query(sql)).rows.map((row) => row.name).sort();

test("every table with a tenant's key has policies, and every view is read with the rights of whoever asks", async () => {
  expect(
    await names(`
      select distinct c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and a.attname in ('workspace_id', 'publisher_workspace_id') and not c.relrowsecurity`),
  ).toEqual([]);
  expect(
    await names(`
      select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
        and not coalesce(c.reloptions @> '{security_invoker=true}', false)`),
    // The one has nothing of a tenant's, the other compares the scope itself.
  ).toEqual(["maintenance_due", "tenant_usage_daily"]);
});

test("every function looks only where migrations put things; what runs as the owner is not everybody's", async () => {
  expect(
    await names(`
      select p.proname as name from pg_proc p join pg_language l on l.oid = p.prolang
      where p.pronamespace = 'public'::regnamespace and (l.lanname = 'plpgsql' or p.prosecdef)
        and not exists (select from unnest(p.proconfig) c where c like 'search_path=%')`),
  ).toEqual([]);
  expect(
    await names(`
      select p.proname as name from pg_proc p
      where p.pronamespace = 'public'::regnamespace and p.prosecdef and (
        p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0 and a.privilege_type = 'EXECUTE'))`),
    // Whoever verifies the trail asks it, and learns a truth value.
  ).toEqual(["is_lawful_erasure"]);
});

test("every table, view and function says what it is", async () => {
  expect(
    await names(`
      select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
        and obj_description(c.oid, 'pg_class') is null
      union all
      select p.proname from pg_proc p
      where p.pronamespace = 'public'::regnamespace and obj_description(p.oid, 'pg_proc') is null`),
  ).toEqual([]);
});

/** What the application's roles may do with each column: what their queries do. */
function granted(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const role of ["solitude_app", "solitude_worker"]) {
    const text = readFileSync(new URL(`../../roles/${role}.sql`, import.meta.url), "utf8");
    for (const [, right = "", columns = "", table = ""] of text.matchAll(
      /^grant (select|insert|update) \(([^)]*)\) on "public"\."(\w+)"/gm,
    ))
      for (const [column] of columns.matchAll(/\w+/g)) {
        const key = `${table}.${column}`;
        found.set(key, (found.get(key) ?? new Set()).add(right));
      }
  }
  return found;
}

interface Column {
  readonly name: string;
  readonly is_computed: boolean;
  readonly is_in_function: boolean;
  readonly is_in_view: boolean;
}

const columns = async (): Promise<Column[]> =>
  (
    await database.pool.query(`
      select c.relname || '.' || a.attname as name,
        a.attgenerated <> '' or a.attidentity <> ''
          or coalesce(pg_get_expr(d.adbin, d.adrelid) ~ '\\(', false) as is_computed,
        exists (
          select from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosrc ~ ('\\m' || a.attname || '\\M')
        ) as is_in_function,
        exists (
          select from pg_depend v join pg_rewrite r on r.oid = v.objid
          where v.refobjid = c.oid and v.refobjsubid = a.attnum
        ) as is_in_view
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      order by 1`)
  ).rows;

test("what is stored is read by something", async () => {
  const rights = granted();
  const unread = (await columns()).filter(
    ({ name, is_in_function, is_in_view }) =>
      !rights.get(name)?.has("select") && !is_in_function && !is_in_view,
  );
  expect(unread.map(({ name }) => name)).toEqual([
    "audit_log_persons.was_in_clear", // Compared as a field of the row that it is in.
    "job_document_outbox.last_error", // For whoever looks why nothing is delivered.
    "sessions.revoked_reason", // For whoever investigates.
  ]);
});

test("what is read can be written, or is computed", async () => {
  const rights = granted();
  const fixed = (await columns()).filter(({ name, is_computed, is_in_function }) => {
    const own = rights.get(name);
    return own?.has("select") && !own.has("insert") && !own.has("update") && !is_computed && !is_in_function;
  });
  expect(fixed.map(({ name }) => name)).toEqual([
    "jobs.max_attempts", // Three, for all jobs.
    "jobs.mongo_database", // One, until there are several.
  ]);
});
