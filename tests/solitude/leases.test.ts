import pg from "pg";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { analysedQueries, type Call, caller, installWorld, makeWorld, type World } from "./world.ts";

const queries = analysedQueries();
let database: TestDatabase;
let client: pg.Client;
let world: World;
let call: Call;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  call = caller(queries, client, () => world);
});
beforeEach(async () => {
  world = await makeWorld(database.pool);
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** The job whose worker went silent is released and picked up again, by the same worker. */
async function pickUpAgain(): Promise<number> {
  await call("ReleaseExpiredJobs");
  const jobs = await call("PickUpJobs");
  return Number(jobs.find(({ id }) => id === world.silent)!.lease_number);
}

test.each(["FinishJob", "FailJob", "SuspendJobForApproval", "RenewJobLease", "RenewJobLeases"])(
  "%s of an earlier lease changes nothing, though the same worker has the job again",
  async (name) => {
    const lease = await pickUpAgain();
    expect(lease).toBe(2);
    const approval =
      name === "SuspendJobForApproval" ? { approval_request_id: await requestAbout(world.silent!) } : {};
    const stale = await call(name, { id: world.silent, lease_number: 1, ...approval });
    expect(stale).toEqual(name === "RenewJobLease" ? [{ rowCount: 0 }] : []);
    const [job] = await call("GetJob", { id: world.silent });
    expect(job).toMatchObject({ status: "running", attempt: 2 });
    expect(await call(name, { id: world.silent, lease_number: lease, ...approval })).not.toEqual([]);
  },
);

async function requestAbout(job: string): Promise<string> {
  const [request] = await call("CreateApprovalRequest", { subject_id: job });
  return String(request!.id);
}

test("a job is not suspended for an approval that is about another", async () => {
  expect(await call("SuspendJobForApproval", { approval_request_id: world.open_request })).toEqual([]);
});

test.each([
  ["approved", "queued"],
  ["rejected", "cancelled"],
])("a job that is suspended after its approval was %s is %s at once", async (verdict, status) => {
  const request = { request_id: world.decided_request };
  if (verdict === "rejected") {
    await client.query("delete from approval_decisions where request_id = $1", [world.decided_request]);
    await call("RecordApprovalDecision", { ...request, verdict });
  }
  expect(await call("AdvanceApprovalRequest", request)).toMatchObject([{ status: verdict }]);
  expect(await call("SuspendJobForApproval")).toEqual([{ id: world.running, status }]);
});

test("what was decided, and not passed on, is found by the scheduler", async () => {
  await call("CancelApprovalRequest", { id: world.open_request });
  const resumed = await call("ResumeDecidedJobs", { batch_size: 1000 });
  expect(resumed).toContainEqual({ workspace_id: world.workspace, id: world.waiting, status: "cancelled" });
});

test("a status goes only where state_transitions lets it", async () => {
  await call("FinishJob");
  const revive = client.query("update jobs set status = 'queued', finished_at = null where id = $1", [
    world.running,
  ]);
  await expect(revive).rejects.toMatchObject({ code: "23514", constraint: "jobs_status_transition" });
});

test("every column named status that changes has its transitions", async () => {
  const { rows } = await client.query(`
    select c.relname as table
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attname = 'status' and c.relkind in ('r', 'p') and not c.relispartition
      and c.relnamespace = 'public'::regnamespace
      and not exists (
        select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where t.tgrelid = c.oid and p.proname = 'refuse_undeclared_transition'
      )`);
  expect(rows).toEqual([]);
});

test("no function of a trigger looks where its caller says", async () => {
  const { rows } = await client.query(`
    select distinct p.proname from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = 'public'::regnamespace
      and not coalesce(p.proconfig::text like '%search_path=public, pg_temp%', false)`);
  expect(rows).toEqual([]);
});
