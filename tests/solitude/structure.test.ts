import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";

// What the catalog must say of whatever a migration adds, so that nobody has to remember it.

let database: TestDatabase;
beforeAll(async () => {
  database = await createSolitudeDatabase();
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

test("no role of a service makes temporary tables, before which nothing would be found", async () => {
  expect(
    await names(`
      select rolname as name from pg_roles
      where rolname like 'solitude\\_%' and not rolsuper and not rolcreatedb
        and has_database_privilege(rolname, current_database(), 'TEMP')`),
  ).toEqual([]);
});

test("no role of the migrations signs in", async () => {
  expect(
    await names(
      "select rolname as name from pg_roles where rolname ~ '^solitude_(app|worker|readonly|auditor|ops)$' and (rolcanlogin or rolsuper or rolbypassrls)",
    ),
  ).toEqual([]);
});
