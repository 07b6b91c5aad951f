import { randomUUID } from "node:crypto";
import { caller } from "../world.ts";
import {
  call,
  changed,
  column,
  database,
  one,
  queries,
  type Row,
  refused,
  rowOf,
  sorted,
  sql,
  world,
} from "./fixture.ts";

describe("approvals", () => {
  test("a workflow is started once it has steps and is active; a request keeps the steps it began with", async () => {
    const workflow_id = (await one("CreateApprovalWorkflow", { slug: "fresh" })).id;
    const start = () => call("CreateApprovalRequest", { workflow_id, subject_id: randomUUID() });
    expect(await start()).toEqual([]);
    for (const name of ["First", "Second"])
      await call("AddApprovalWorkflowStep", { workflow_id, name, approver_ids: null });
    const [request] = await start();
    expect(request).toMatchObject({ current_position: 1, step_count: "2", status: "pending" });
    const { steps } = await one("GetApprovalWorkflow", { id: workflow_id });
    expect((steps as Row[]).map((step) => step.name)).toEqual(["First", "Second"]);
    expect((await call("ListApprovalWorkflows")).find((row) => row.id === workflow_id)).toMatchObject({
      step_count: "2",
    });
    expect(await changed("SetApprovalWorkflowActive", { id: workflow_id, is_active: false })).toBe(1);
    expect(await start()).toEqual([]);
    expect(await changed("RemoveApprovalWorkflowSteps", { workflow_id })).toBe(2);
    expect((await one("GetApprovalRequestTree", { id: request!.id })).steps).toHaveLength(2);
  });

  test("nobody is asked twice about the same thing at the same time", async () => {
    expect(await refused("CreateApprovalRequest", { subject_id: world.waiting })).toBe(
      "approval_requests_open_subject_key",
    );
  });

  test("who asked, who decided, and whoever it is not up to decide nothing", async () => {
    const decide = (decided_by: string | undefined, more: Row = {}) =>
      call("RecordApprovalDecision", { decided_by, comment: "because", ...more });
    expect(await decide(world.ada)).toEqual([]);
    expect(await decide(world.dan)).toEqual([]);
    expect(await decide(world.cleo)).toHaveLength(1);
    expect(await decide(world.cleo)).toEqual([]);
    await sql(
      "update approval_request_steps set approver_ids = array[$2::uuid] where request_id = $1",
      world.open_request,
      world.cleo,
    );
    expect(await decide(world.bob)).toEqual([]);
    await sql(
      "update approval_request_steps set approver_ids = '{}', approver_role = 'owner' where request_id = $1",
      world.open_request,
    );
    const inbox = (user_id: string | undefined) => column("id", "ListApprovalsAwaitingUser", { user_id });
    expect(
      [await inbox(world.bob), await inbox(world.cleo), await inbox(world.ada)].map((ids) =>
        ids.includes(world.open_request),
      ),
    ).toEqual([true, false, false]);
    expect(
      await refused("RecordApprovalDecision", { decided_by: world.bob, verdict: "rejected", comment: null }),
    ).toBe("approval_decisions_comment_check");
    await sql("update approval_requests set expires_at = now() where id = $1", world.open_request);
    expect(await decide(world.bob)).toEqual([]);
    expect(
      (await column("id", "ExpireApprovalRequests", { batch_size: 1000 })).includes(world.open_request),
    ).toBe(true);
  });

  test("enough approvals lead on, one rejection ends it, and what no longer waits is left alone", async () => {
    const workflow_id = (await one("CreateApprovalWorkflow", { slug: "two" })).id;
    for (const name of ["First", "Second"])
      await call("AddApprovalWorkflowStep", { workflow_id, name, approver_ids: null });
    const start = async () =>
      String((await one("CreateApprovalRequest", { workflow_id, subject_id: randomUUID() })).id);
    const decide = async (request_id: string, decided_by: string | undefined, verdict: string) => {
      await call("RecordApprovalDecision", { request_id, decided_by, verdict, comment: "so" });
      const [row] = await call("AdvanceApprovalRequest", { request_id });
      return [row?.status, row?.current_position];
    };
    const id = await start();
    expect(await decide(id, world.bob, "approved")).toEqual(["pending", 2]);
    expect(await decide(id, world.cleo, "approved")).toEqual(["approved", 2]);
    expect(await decide(id, world.cleo, "approved")).toEqual([undefined, undefined]);
    const other = await start();
    expect(await decide(other, world.bob, "rejected")).toEqual(["rejected", 1]);
    expect(
      (await call("ListApprovalDecisions", { request_id: id })).map((d) => [
        d.step_position,
        d.decided_by_name,
      ]),
    ).toEqual([
      [1, "Bob"],
      [2, "Cleo"],
    ]);
    expect(await one("GetApprovalRequest", { id })).toMatchObject({
      workflow_name: expect.any(String),
      requested_by_name: "Ada",
    });
    const durations = await call("GetApprovalDurations");
    expect(durations.find((row) => row.workflow_id === workflow_id)).toMatchObject({
      completed_requests: "2",
      approved_requests: "1",
    });
    expect(await column("id", "ListApprovalRequests", { statuses: ["rejected"] })).toEqual([other]);
    expect(
      await column("status", "ListApprovalRequests", { statuses: ["pending", "approved"] }),
    ).toHaveLength(3);
  });

  test("a list of approvers names people", async () => {
    expect(await refused("AddApprovalWorkflowStep", { approver_ids: [null] })).toBe(
      "approval_workflow_steps_approvers_check",
    );
    expect(await refused("AddApprovalWorkflowStep", { approver_ids: [world.cleo] })).toBe(null);
  });

  test("only the one who asked can take a request back", async () => {
    expect(await changed("CancelApprovalRequest", { id: world.open_request, requested_by: world.bob })).toBe(
      0,
    );
    expect(await changed("CancelApprovalRequest", { id: world.open_request, requested_by: world.ada })).toBe(
      1,
    );
  });
});

describe("jobs", () => {
  const pick = async (worker = "v") => one("PickUpJobs", { task_queue: `spare ${world.tag}`, worker });

  test("a job that fails goes back while it has attempts left, later each time, and then has failed", async () => {
    const waits: number[] = [];
    for (const attempt of [1, 2]) {
      const job = await pick();
      expect(job).toMatchObject({ id: world.spare_job, attempt, status: "running" });
      const failed = await one("FailJob", { id: job.id, worker: "v", lease_number: job.lease_number });
      expect(failed.status).toBe("queued");
      waits.push(Number(failed.run_after) - Date.now());
      await sql("update jobs set run_after = now() where id = $1", world.spare_job);
    }
    expect(waits[1]!).toBeGreaterThan(waits[0]!);
    const last = await pick();
    expect(await one("FailJob", { id: last.id, worker: "v", lease_number: last.lease_number })).toMatchObject(
      { status: "failed" },
    );
    expect(await rowOf("jobs", world.spare_job)).toMatchObject({
      error: "failed",
      finished_at: expect.any(Date),
    });
  });

  test("what a silent worker had goes back, or has failed after the last attempt, in portions", async () => {
    await sql("update jobs set attempt = 3, lease_number = 3 where id = $1", world.silent);
    const released = await call("ReleaseExpiredJobs", { batch_size: 100_000 });
    expect(released.find((row) => row.id === world.silent)).toMatchObject({ status: "failed" });
    expect(await call("ReleaseExpiredJobs")).toEqual([]);
  });

  test("two workers at once take different jobs, and neither waits", async () => {
    await call("CreateJobs", { inputs: ["{}", "{}"], task_queue: `spare ${world.tag}` });
    const client = await database.pool.connect();
    try {
      await client.query("begin; set local lock_timeout = '2s'");
      const mine = await caller(
        queries,
        client,
        () => world,
      )("PickUpJobs", { task_queue: `spare ${world.tag}`, batch_size: 2 });
      const theirs = await call("PickUpJobs", { task_queue: `spare ${world.tag}`, batch_size: 2 });
      expect([mine.length, theirs.length]).toEqual([2, 1]);
      await client.query("commit");
    } finally {
      client.release();
    }
  });

  test("a job runs an agent of its own workspace or an installed one, and not both", async () => {
    const make = (agent: unknown, installation: unknown) =>
      sql(
        "insert into jobs (workspace_id, agent_version_id, installation_id, task_queue) values ($1, $2, $3, 'q')",
        world.workspace,
        agent,
        installation,
      ).then(
        () => null,
        (error) => error.constraint,
      );
    expect([await make(world.published, null), await make(null, world.installation)]).toEqual([null, null]);
    expect([await make(world.published, world.installation), await make(null, null)]).toEqual(
      Array(2).fill("jobs_what_runs_check"),
    );
  });

  test("a lease is renewed while it is held, and a finished job has its output", async () => {
    expect(await changed("RenewJobLease", { worker: "another" })).toBe(0);
    const [renewed] = await call("RenewJobLeases", { lease: "2 hours" });
    expect(Number(renewed!.locked_until) > Date.now() + 7_000_000).toBe(true);
    expect(await one("FinishJob", { output: { done: true } })).toMatchObject({
      status: "succeeded",
      output: { done: true },
      locked_by: null,
    });
    expect(await call("FinishJob")).toEqual([]);
  });

  test("what waited for an approval goes on, or is cancelled, and the wait was no attempt", async () => {
    await call("RecordApprovalDecision", { decided_by: world.bob, verdict: "rejected", comment: "no" });
    await call("AdvanceApprovalRequest", { request_id: world.open_request });
    expect(await column("status", "ResumeApprovedJobs")).toEqual(["cancelled"]);
    expect(await rowOf("jobs", world.waiting)).toMatchObject({ attempt: 0, error: "approval rejected" });
  });

  test("a cancelled tree has nothing that goes on, and takes no child", async () => {
    expect(sorted(await column("id", "CancelJobTree"))).toEqual(sorted([world.parent, world.child]));
    expect(await one("CreateJob", { parent_job_id: world.parent })).toMatchObject({ status: "cancelled" });
    expect(await call("CancelJobTree")).toEqual([]);
  });

  test("a job's page, its place, its tree and what it cost", async () => {
    await call("AddJobUsage", {
      job_id: world.running,
      kind: "tool_call",
      model: null,
      quantity: 2,
      cost_micros: 7,
    });
    expect(await one("GetJobDetails", { id: world.running })).toMatchObject({
      agent_name: "Agent",
      agent_version: "1.0.0",
      cost_micros: "12",
      tokens: "100",
    });
    expect(await call("GetJobUsage")).toMatchObject([
      { kind: "input_tokens", quantity: "100.000000" },
      { kind: "tool_call", cost_micros: "7" },
    ]);
    expect(await one("GetJobLocation")).toMatchObject({
      mongo_collection: `${world.workspace}/${world.running}`,
    });
    await call("SetJobTemporalRun");
    expect(await one("GetJobByTemporalWorkflow", { temporal_workflow_id: `t ${world.tag}-0` })).toMatchObject(
      { id: world.running },
    );
    expect((await call("ListJobTree", { id: world.parent })).map((row) => [row.id, row.depth])).toEqual([
      [world.parent, 0],
      [world.child, 1],
    ]);
    expect(await column("id", "ListJobs", { status: "running" })).toHaveLength(2);
    const counted = await call("CountJobsByStatus");
    expect(counted).toHaveLength(6);
    expect(counted.find((row) => row.status === "failed")).toMatchObject({ job_count: "0" });
    await call("FinishJob");
    expect(await call("GetJobDurations")).toMatchObject([
      { agent_id: world.agent, finished_jobs: "1", failed_jobs: "0", failure_rank: "1" },
    ]);
    expect((await call("GetQueueDepths")).find((row) => row.task_queue === `q${world.tag}`)).toMatchObject({
      waiting: "2",
      workspaces: "1",
    });
    expect(await call("CreateJobs", { inputs: ["{}", "{}", "{}"] })).toHaveLength(3);
  });

  test("usage of jobs that are gone is passed over; the bill has its subtotals and its total", async () => {
    expect(
      (await sql("select count(*)::int as n from job_usage where workspace_id = $1", world.workspace))[0]!.n,
    ).toBe(1);
    await call("AddJobUsage", { job_id: randomUUID(), kind: "tool_call" });
    expect(
      (await sql("select count(*)::int as n from job_usage where workspace_id = $1", world.workspace))[0]!.n,
    ).toBe(1);
    expect(await one("SumWorkspaceCost")).toMatchObject({
      cost_micros: "5",
      input_tokens: "100.000000",
      output_tokens: "0",
    });
    expect(await one("SumWorkspaceCost", { workspace_id: randomUUID() })).toMatchObject({
      cost_micros: "0",
      latest_at: null,
    });
    expect(
      (await call("SumUsageByKindAndModel")).map((row) => [
        row.kind,
        row.model,
        row.is_subtotal,
        row.is_total,
      ]),
    ).toEqual([
      ["input_tokens", "m", false, false],
      ["input_tokens", null, true, false],
      [null, null, false, true],
    ]);
  });

  test("documents are given while they are not made; a job that others come from stays", async () => {
    const start = () =>
      changed("StartJobWithDocuments", { job_id: world.spare_job, documents: { letters: { a: {} } } });
    expect(await start()).toBe(1);
    await sql("delete from job_document_outbox where job_id = $1", world.spare_job);
    expect(await start()).toBe(0);
    await expect(call("DeleteJob", { id: world.parent })).rejects.toMatchObject({ code: "23503" });
    expect(await changed("DeleteJob", { id: world.spare_job })).toBe(1);
  });

  test("a payload's file is the same when it is asked for again, and none without its job", async () => {
    const file = await one("CreatePayloadFile");
    expect(file).toMatchObject({ status: "pending", storage: "gridfs", bucket: world.running });
    expect((await one("CreatePayloadFile")).id).toBe(file.id);
    expect(await call("CreatePayloadFile", { job_id: randomUUID() })).toEqual([]);
    await call("DeletePayloadFiles", { job_id: world.running });
    expect(await call("CreatePayloadFile")).toEqual([]);
  });
});
