import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { analysedQueries, type Call, caller, installWorld, makeWorld, type World } from "./world.ts";

// Each invariant is held by the schema and by rights, not by the queries: a service that sends what would break it, in the scope of
// the workspace, is refused, or finds it held afterwards.

const queries = analysedQueries();
const invariants = new Map(
  Array.from(
    readFileSync(new URL("invariants.sql", import.meta.url), "utf8").matchAll(/^-- name: (\w+)\n([^;]+);/gm),
    ([, name = "", sql = ""]) => [name, sql] as const,
  ),
);
let database: TestDatabase;
let world: World;
let call: Call;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  call = caller(queries, database.pool, () => world);
});
beforeEach(async () => {
  world = await makeWorld(database.pool);
});
afterAll(() => database?.drop());

/** What would break an invariant, with ids of the world by name: `:agent`. After what is true before. */
const ATTACKS: Readonly<Record<string, readonly (readonly [before: string, attack: string])[]>> = {
  WorkspaceHasAnOwner: [
    ["", "delete from workspace_members where workspace_id = :workspace"],
    ["", "update workspace_members set role = 'admin' where workspace_id = :workspace"],
    ["", "update users set status = 'deleted', deleted_at = now() where id in (:ada, :bob)"],
  ],
  MembersHaveSeats: [
    ["", "update workspaces set seat_limit = 1 where id = :workspace"],
    [
      "",
      "insert into workspace_members (workspace_id, user_id) values (:workspace, :dan), (:workspace, :eve)",
    ],
  ],
  MembersAreNotDeleted: [
    ["DeleteUser :dan", "insert into workspace_members (workspace_id, user_id) values (:workspace, :dan)"],
    [
      "DeleteUser :dan",
      "update workspace_members set user_id = :dan where workspace_id = :workspace and user_id = :cleo",
    ],
  ],
  KeysOfDeletedUsersAreRevoked: [
    [
      "DeleteUser :cleo",
      "insert into api_keys (workspace_id, name, prefix, key_hash, created_by) values (:workspace, 'k', 'sol_zzzz', sha256('k'), :cleo)",
    ],
    ["DeleteUser :ada", "update api_keys set revoked_at = null where id = :api_key"],
  ],
  RevokingLeavesAWayToSignIn: [["", "update credentials set revoked_at = now() where user_id = :ada"]],
  CurrentVersionIsNoDraft: [["", "update agents set current_version_id = :draft where id = :agent"]],
  PublishingIsWhole: [["", "update agents set current_version_id = null where id = :agent"]],
  ArchivedAgentsAreNotOffered: [
    ["", "update agents set status = 'archived', archived_at = now() where id = :agent"],
    ["WithdrawListing; ArchiveAgent :agent", "update listings set status = 'published' where id = :listing"],
  ],
  PublishedListingsOfferPublishedVersions: [
    ["", "update listings set agent_version_id = :draft where id = :listing"],
  ],
  DatasetsHoldFilesThatExist: [
    ["", "update files set status = 'deleted', deleted_at = now() where id = :stored_file"],
  ],
  ReadyVersionsHoldWhatTheyHeld: [
    ["FinishDatasetVersion", "update files set size_bytes = 99 where id = :stored_file"],
    ["FinishDatasetVersion", "update dataset_versions set record_count = 1 where id = :dataset_version"],
    [
      "FinishDatasetVersion",
      "update dataset_version_files set record_count = 1 where dataset_version_id = :dataset_version",
    ],
    ["FinishDatasetVersion", "delete from dataset_version_files where dataset_version_id = :dataset_version"],
  ],
  ApprovedRequestsHaveTheirApprovals: [
    ["", "update approval_requests set status = 'approved', completed_at = now() where id = :open_request"],
    [
      "",
      "update approval_request_steps set required_approvals = 9 where request_id = :decided_request; update approval_requests set status = 'approved', completed_at = now() where id = :decided_request",
    ],
    [
      "AdvanceApprovalRequest",
      "update approval_request_steps set required_approvals = 9 where request_id = :decided_request",
    ],
    [
      "AdvanceApprovalRequest",
      "insert into approval_request_steps (workspace_id, request_id, position, name, approver_role, approver_ids, required_approvals) values (:workspace, :decided_request, 9, 'More', 'admin', '{}', 3)",
    ],
  ],
  NoJobWaitsForWhatIsDecided: [
    [
      "AdvanceApprovalRequest",
      "update jobs set status = 'waiting_approval', approval_request_id = :decided_request, locked_by = null, locked_until = null where id = :running",
    ],
  ],
  NothingRunsBelowWhatIsCancelled: [
    ["", "update jobs set status = 'cancelled', finished_at = now() where id = :parent"],
    [
      "CancelJobTree",
      "insert into jobs (workspace_id, agent_version_id, parent_job_id, task_queue) values (:workspace, :published, :parent, 'q')",
    ],
    ["CancelJobTree", "update jobs set parent_job_id = :parent where id = :spare_job"],
  ],
  ALeaseIsFinishedOnce: [["", "update jobs set attempt = 3 where id = :running"]],
  ConfigurationsCountTheirVersions: [
    ["", "update configurations set latest_version = 9 where id = :configuration"],
    [
      "",
      "insert into configuration_versions (workspace_id, configuration_id, version, value, created_by) values (:workspace, :configuration, 9, '1', :ada)",
    ],
  ],
  ActivitySchemasCountTheirVersions: [
    ["", "update activity_schemas set latest_version = 9 where id = :activity_schema"],
    [
      "",
      "insert into activity_schema_versions (workspace_id, activity_schema_id, version, json_schema, checksum, created_by) values (:workspace, :activity_schema, 9, '{}', sha256('9'), :ada)",
    ],
  ],
  NothingLivesInArchivedWorkspaces: [
    ["ArchiveWorkspace", "update api_keys set revoked_at = null where id = :api_key"],
    ["ArchiveWorkspace", "update invitations set revoked_at = null where id = :dans_invitation"],
    [
      "ArchiveWorkspace",
      "update approval_requests set status = 'pending', completed_at = null where id = :open_request",
    ],
    ["ArchiveWorkspace", "update listings set status = 'published' where id = :listing"],
  ],
  NothingIsLeftOfDeletedUsers: [
    ["DeleteUser :cleo", "update user_profiles set display_name = 'Cleo' where user_id = :cleo"],
    ["DeleteUser :dan", "update reviews set body = 'Back' where id = :review"],
    ["DeleteUser :cleo", "update sessions set user_id = :cleo where id = :session"],
  ],
};

test("every invariant is attacked", () => {
  expect(Object.keys(ATTACKS)).toEqual([...invariants.keys()]);
});

const attacks = Object.entries(ATTACKS).flatMap(([name, all]) => all.map((one) => [name, ...one] as const));

async function prepare(before: string, by: Call): Promise<void> {
  for (const step of before.split("; ").filter((text) => text !== "")) {
    const [query = "", id] = step.split(" :");
    await by(query, id === undefined ? {} : { id: world[id] });
  }
}
const written = (attack: string): string => attack.replace(/(?<!:):(\w+)/g, (_, id) => `'${world[id]}'`);

async function expectHeld(name: string): Promise<void> {
  await call("ResumeDecidedJobs", { batch_size: 1000 });
  const { rows } = await database.pool.query(invariants.get(name)!);
  const here = new Set(Object.values(world));
  expect(rows.filter(({ at }) => here.has(at))).toEqual([]);
}

test.each(attacks)("%s (%s) holds against: %s", async (name, before, attack) => {
  await prepare(before, call);
  const literal = written(attack);
  const client = await database.pool.connect();
  try {
    for (const role of ["solitude_app", "solitude_worker"]) {
      await client.query("begin");
      await client.query("select set_config('solitude.workspace_id', $1, true)", [world.workspace]);
      await client.query(`set local role ${role}`);
      // What is deferred is checked at the end.
      await client
        .query(literal)
        .then(() => client.query("commit"))
        .catch((error: { code?: string; message: string }) => {
          expect([error.message, error.code]).toEqual([error.message, expect.stringMatching(/^(23|42501)/)]);
        });
      await client.query("rollback");
    }
  } finally {
    client.release();
  }
  await expectHeld(name);
});

/** Whoever loses a race is told so by one of these; archiving asks for read committed (25000). */
const LOST = /^(23\d\d\d|25000|40001|40P01|42501)$/;

/** What comes before an attack, and the attack, at the same time: neither sees what the other has not committed. */
const races = attacks
  .filter(([, before]) => before !== "")
  .flatMap((one) =>
    (["read committed", "repeatable read"] as const).flatMap((level) =>
      ([true, false] as const).map((attacksFirst) => [...one, level, attacksFirst] as const),
    ),
  );
test.each(races)(
  "%s (%s) holds against, at the same time: %s (%s, first: %s)",
  async (name, before, attack, level, attacksFirst) => {
    const [one, two] = [await database.pool.connect(), await database.pool.connect()];
    const lost = (error: { code?: string }): void => {
      if (!LOST.test(error.code ?? "")) throw error;
    };
    const work = {
      lawful: () =>
        prepare(
          before,
          caller(queries, one, () => world),
        ).catch(lost),
      attack: async () => {
        await two.query("select set_config('solitude.workspace_id', $1, true)", [world.workspace]);
        await two.query("set local role solitude_app");
        await two.query(written(attack)).catch(lost);
      },
    };
    try {
      // A snapshot is taken with the first statement; in read committed by each anew.
      for (const client of [one, two]) await client.query(`begin isolation level ${level}; select 1`);
      const [first, second] = attacksFirst ? [work.attack, work.lawful] : [work.lawful, work.attack];
      const waiting = attacksFirst ? one : two;
      const { rows } = await waiting.query("select pg_backend_pid() as pid");
      await first();
      let isDone = false;
      const other = second().finally(() => {
        isDone = true;
      });
      while (!isDone && !(await isBlocked(rows[0].pid))) await Promise.race([other, setTimeout(2)]);
      const ends = [other.then(() => waiting.query("commit")), (attacksFirst ? two : one).query("commit")];
      await Promise.all(ends.map((end) => end.catch(lost)));
    } finally {
      for (const client of [one, two]) {
        await client.query("rollback");
        await client.query("reset role");
        client.release();
      }
    }
    await expectHeld(name);
  },
);

async function isBlocked(pid: number): Promise<boolean> {
  const { rows } = await database.pool.query("select cardinality(pg_blocking_pids($1)) > 0 as blocked", [
    pid,
  ]);
  return rows[0].blocked;
}
