import { caller } from "../world.ts";
import {
  address,
  call,
  changed,
  column,
  database,
  one,
  queries,
  type Row,
  refused,
  rowOf,
  sha256,
  sorted,
  sql,
  world,
} from "./fixture.ts";

describe("invitations and members", () => {
  const token = (text: string): Buffer => sha256(`${text} ${world.tag}`);

  test("inviting again renews: the earlier link stops working, and the new one is shown", async () => {
    const shown = (text: string) => call("GetInvitationByToken", { token_hash: token(text) });
    expect(await shown("dan")).toMatchObject([{ workspace_name: "Workspace", invited_by_name: "Ada" }]);
    await call("CreateInvitation", { email: address("DAN"), token_hash: token("newer") });
    expect([await shown("dan"), await shown("newer")].map((rows) => rows.length)).toEqual([0, 1]);
    expect(await column("workspace_id", "ListOpenInvitationsForEmail", { email: address("dan") })).toEqual([
      world.workspace,
    ]);
    expect(await call("CreateInvitations", { email: address("cleo") })).toEqual([]);
    expect(await refused("CreateInvitation", { email: address("x"), role: "owner" })).toBe(
      "invitations_role_check",
    );
    expect(await changed("RevokeInvitation", { id: world.dans_invitation })).toBe(1);
    expect(await shown("newer")).toEqual([]);
    await sql("update invitations set expires_at = now() where id = $1", world.eves_invitation);
    expect(sorted(await column("state", "ListInvitations"))).toEqual(["expired", "revoked"]);
  });

  test("an invitation is accepted by whom it is for, once, while there is a seat", async () => {
    const accept = (user_id: string | undefined, text: string) =>
      call("AcceptInvitation", { user_id, token_hash: token(text) });
    expect(await accept(world.eve, "dan")).toEqual([]);
    expect(await accept(world.dan, "dan")).toMatchObject([{ user_id: world.dan, role: "viewer" }]);
    expect(await accept(world.dan, "dan")).toEqual([]);
    // Four seats are taken now.
    expect(await accept(world.eve, "eve")).toEqual([]);
    expect(await call("ChangeWorkspacePlan", { seat_limit: 3 })).toEqual([]);
    expect(await call("ChangeWorkspacePlan", { seat_limit: undefined })).toHaveLength(1);
    expect(await accept(world.eve, "eve")).toHaveLength(1);
  });

  test("who is a member already gets the role; a role of the workspace adds to it, and leaves it when it goes", async () => {
    const may = (permission: string, user_id = world.cleo) =>
      column("is_allowed", "MemberHasPermission", { user_id, permission });
    expect(await one("AddWorkspaceMember", { user_id: world.cleo, role: "viewer" })).toMatchObject({
      role: "viewer",
    });
    expect([await may("audit.read"), await may("agents.publish"), await may("x", world.dan)]).toEqual([
      [true],
      [false],
      [],
    ]);
    expect((await call("ListWorkspaceRoles"))[0]).toMatchObject({ member_count: "1" });
    await call("DeleteWorkspaceRole");
    expect([await may("audit.read"), await may("jobs.read")]).toEqual([[false], [true]]);
    expect(await one("GetWorkspaceMember", { user_id: world.cleo })).toMatchObject({
      custom_role_id: null,
      role: "viewer",
    });
    expect(await one("ChangeMemberRole", { user_id: world.cleo, role: "admin" })).toMatchObject({
      role: "admin",
      custom_role_id: null,
    });
    expect(await column("display_name", "ListWorkspaceMembers")).toEqual(["Ada", "Bob", "Cleo"]);
    expect(await column("user_id", "ListMemberEmailsByRole", { least_role: "owner" })).toEqual([
      world.ada,
      world.bob,
    ]);
    expect(await one("CreateWorkspaceRole", { name: "R" })).toMatchObject({ permissions: ["jobs.read"] });
  });

  test("ownership goes to a member who can sign in, or not at all", async () => {
    const transfer = (given: Row) => changed("TransferWorkspaceOwnership", given);
    expect(await transfer({ new_owner_id: world.dan })).toBe(0);
    expect(await transfer({ old_owner_id: world.cleo, new_owner_id: world.bob })).toBe(0);
    await call("SetUserStatus", { id: world.cleo, status: "suspended" });
    expect(await transfer({})).toBe(0);
    await call("SetUserStatus", { id: world.cleo, status: "active" });
    expect(await transfer({})).toBe(2);
    expect(await one("GetWorkspaceMember", { user_id: world.ada })).toMatchObject({ role: "admin" });
  });

  test("the last owner neither leaves nor is deleted; within a transaction the order does not matter", async () => {
    expect(await changed("RemoveWorkspaceMember", { user_id: world.bob })).toBe(1);
    expect(await refused("RemoveWorkspaceMember", { user_id: world.ada })).toBe(
      "workspace_members_owner_check",
    );
    expect(await refused("DeleteUser", { id: world.ada })).toBe("workspace_members_owner_check");
    const client = await database.pool.connect();
    try {
      const on = caller(queries, client, () => world);
      await client.query("begin");
      await on("RemoveWorkspaceMember", { user_id: world.ada });
      await on("AddWorkspaceMember", { user_id: world.cleo, role: "owner" });
      await client.query("commit");
    } finally {
      client.release();
    }
  });

  test("a directory adds, changes and removes members, and leaves owners alone", async () => {
    await call("SynchroniseWorkspaceMembers", {
      members: JSON.stringify([
        { user_id: world.dan, role: "editor" },
        { user_id: world.ada, role: "viewer" },
      ]),
    });
    const rows = await sql(
      "select user_id, role::text from workspace_members where workspace_id = $1",
      world.workspace,
    );
    expect(Object.fromEntries(rows.map((row) => [row.user_id, row.role]))).toEqual({
      [world.ada!]: "owner",
      [world.bob!]: "owner",
      [world.dan!]: "editor",
    });
  });
});

describe("people and workspaces", () => {
  test("a person is there as a whole, or not at all", async () => {
    const email = address("New");
    expect(await one("SignUpUser", { email })).toMatchObject({
      status: "pending",
      email: email.toLowerCase(),
    });
    expect(await refused("SignUpUser", { email: address("other"), secret_hash: "plain" })).toBe(
      "credentials_secret_hash_check",
    );
    expect(await call("GetUserByEmail", { email: address("other") })).toEqual([]);
    expect(await one("CreateUserProfile")).toMatchObject({ locale: "en", time_zone: "UTC" });
    expect(await one("UpsertUserByEmail", { email: address("dir") })).toMatchObject({
      is_new: true,
      status: "active",
    });
    expect(await one("UpsertUserByEmail", { email: address("dir") })).toMatchObject({ is_new: false });
    const [user] = await call("CreateUser", { email: address("pending") });
    expect(await one("GetUserWithProfile", { id: user!.id })).toMatchObject({
      status: "pending",
      display_name: null,
    });
    expect(await one("VerifyUserEmail", { id: user!.id })).toMatchObject({ status: "active" });
    expect(await one("ChangeUserEmail", { id: user!.id, new_email: address("Changed") })).toMatchObject({
      email: address("changed"),
    });
  });

  test("a deleted person is found by nobody, stays a row, and frees the address", async () => {
    await call("DeleteUser", { id: world.cleo });
    expect(await call("GetUser", { id: world.cleo })).toEqual([]);
    expect(await call("GetUserByEmail", { email: address("cleo") })).toEqual([]);
    expect(await rowOf("users", world.cleo)).toMatchObject({ status: "deleted" });
    expect(await one("CreateUser", { email: address("cleo") })).toMatchObject({ email: address("cleo") });
    expect(await changed("SetUserStatus", { id: world.cleo, status: "active" })).toBe(0);
  });

  test("people are found as a name is typed, listed for administrators, and seen at most forward", async () => {
    await call("UpdateUserProfile", {
      user_id: world.ada,
      display_name: `Zz${world.tag} Up`,
      headline: null,
      bio: null,
      avatar_url: null,
      locale: "en",
      time_zone: "UTC",
      links: [],
    });
    expect(await column("id", "SearchUsersByName", { prefix: `zZ${world.tag}` })).toEqual([world.ada]);
    await call("SetUserStatus", { id: world.ada, status: "suspended" });
    expect(await call("SearchUsersByName", { prefix: `zz${world.tag}` })).toEqual([]);
    expect(await changed("SetUserStatus", { id: world.ada, status: "suspended" })).toBe(0);
    expect(await column("id", "ListUsersByIds", { ids: [world.bob] })).toEqual([world.bob]);
    const [newest] = await sql("select id from users order by created_at desc, id desc limit 1");
    expect((await column("id", "ListUsers", { status: undefined, page_size: 1 }))[0]).toBe(newest!.id);
    await call("TouchUsersLastSeen", { id: world.ada, seen_at: "2027-01-02" });
    await call("TouchUsersLastSeen", { id: world.ada, seen_at: "2027-01-01" });
    expect((await rowOf("users", world.ada)).last_seen_at).toEqual(new Date("2027-01-02"));
    const days = await call("CountSignUpsByDay", { first_day: "2020-01-01", last_day: "2020-01-03" });
    expect(days.map((row) => [row.sign_ups, row.running_total])).toEqual(Array(3).fill(["0", "0"]));
  });

  test("a workspace has its founder as owner, and no founder without it", async () => {
    expect(await one("CreateWorkspace", { workspace_id: null, slug: `new-${world.tag}` })).toMatchObject({
      founder_role: "owner",
      region: "eu",
    });
    expect(await refused("CreateWorkspace", { workspace_id: null, slug: "No Slug" })).toBe(
      "url_slug_is_well_formed",
    );
    const slug = `w${world.tag}`;
    expect(await column("id", "FindWorkspace", { slug })).toEqual([world.workspace]);
    expect(await column("id", "FindWorkspace", { slug: "nowhere-at-all" })).toEqual([null]);
    expect((await one("GetWorkspaceBySlug", { slug, user_id: world.cleo })).member_role).toBe("admin");
    expect((await one("GetWorkspaceBySlug", { slug, user_id: world.dan })).member_role).toBe(null);
    await sql("update jobs set created_at = now() + interval '1 hour' where id = $1", world.parent);
    expect((await column("id", "ListWorkspacesOfUser", { user_id: world.ada }))[0]).toBe(world.workspace);
    expect(await one("GetWorkspaceOverview")).toMatchObject({
      member_count: "3",
      agent_count: "2",
      installation_count: "1",
      open_job_count: "6",
      stored_bytes: "30",
    });
    expect(await call("ListWorkspacesForAdministration", { plan: undefined, page_size: 1 })).toHaveLength(1);
    const { document } = await one("GetWorkspaceTree");
    expect(document).toMatchObject({
      workspace: { id: world.workspace },
      agents: [{ slug: "agent", versions: [{ version: "1.0.0" }, { version: "1.1.0" }] }, {}],
    });
    await call("ArchiveWorkspace");
    expect(await call("GetWorkspace")).toEqual([]);
    expect(await column("id", "FindWorkspace", { slug })).toEqual([null]);
    await call("RestoreWorkspace");
    expect(await call("AuthenticateApiKey")).toEqual([]);
    expect(await call("GetWorkspace")).toHaveLength(1);
  });

  test("a workspace is searched by words, and its usage shown with an average of seven days", async () => {
    expect(sorted(await column("kind", "SearchWorkspace", { text: "T" }))).toEqual([
      "agent",
      "dataset",
      "tool",
    ]);
    await sql(
      "insert into job_usage (workspace_id, job_id, kind, quantity, cost_micros, recorded_at) select $1, $2, 'tool_call', 1, i, date '2026-06-01' + i from generate_series(1, 9) i",
      world.workspace,
      world.running,
    );
    await call("RefreshWorkspaceUsage");
    const client = await database.pool.connect();
    await client.query("select set_config('solitude.workspace_id', $1, false)", [world.workspace]);
    const month = { first_day: "2026-06-01", last_day: "2026-06-30" };
    const rows = await caller(queries, client, () => world)("ListDailyUsage", month);
    await client.query("reset all");
    client.release();
    expect(Number(rows.at(-1)!.average_cost_micros)).toBe(6);
    const spenders = await call("ListTopSpenders", { first_day: "2026-06-01", last_day: "2026-06-30" });
    expect(spenders).toMatchObject([
      { id: world.workspace, cost_micros: "45", percent: "100.00", place: "1" },
    ]);
  });

  test("limits of a workspace hold where a version has none of its own", async () => {
    await call("SetWorkspaceLimits", { max_steps: 5, max_seconds: 6, max_tokens: 7 });
    await sql("update agent_versions set limits = row(3, null, null) where id = $1", world.draft);
    expect(await one("GetAgentDefinition", { id: world.draft })).toMatchObject({
      max_steps: 3,
      max_seconds: 6,
      max_tokens: "7",
    });
  });
});
