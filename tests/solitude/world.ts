import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ClientBase, Pool, QueryResult } from "pg";
import { recall, remember } from "../servers/run-memory.ts";

/** A query as `analyze --json` describes it. */
export interface AnalysedQuery {
  readonly name: string;
  readonly command: string;
  readonly file: string;
  readonly sql: string;
  readonly params: readonly {
    readonly name: string;
    readonly type: string;
    readonly tsType: string;
    readonly nullable: boolean;
  }[];
  readonly columns?: readonly { readonly name: string; readonly type: string; readonly tsType: string }[];
  /** Of a query that adapts: what is sent by which parameters are given. */
  readonly variants?: readonly {
    readonly given: readonly string[];
    readonly backwards: boolean;
    readonly behind: string | null;
    readonly sql: string;
    readonly params: readonly number[];
  }[];
}

/** What is sent for a query, and with it. */
export interface Statement {
  readonly sql: string;
  readonly values: unknown[];
}

/** The ids of a world that `make_world()` made, by what they are of; `tag` is unique to it. */
export type World = Readonly<Record<string, string>> & { readonly workspace: string; readonly tag: string };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Every query of the application, analysed once a run. */
export function analysedQueries(): readonly AnalysedQuery[] {
  const known = recall<readonly AnalysedQuery[]>("queries");
  if (known !== undefined) return known;
  const output = execFileSync(
    process.execPath,
    [`${ROOT}/generator/bin/solitude-gen.js`, "analyze", "--json"],
    {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    },
  );
  return remember("queries", (JSON.parse(output) as { queries: readonly AnalysedQuery[] }).queries);
}

/** The queries that say `@role`: they work across tenants, and are another role's. */
export function queriesAcrossTenants(): ReadonlySet<string> {
  const folder = `${ROOT}/queries`;
  const text = readdirSync(folder)
    .map((file) => readFileSync(`${folder}/${file}`, "utf8"))
    .join("\n");
  const names = text.matchAll(/^-- name: (\w+) :\w+\n(?:--(?! name:).*\n)*?-- @role solitude_worker$/gm);
  return new Set(Array.from(names, ([, name = ""]) => name));
}

/** Whether it changes anything. */
export const writes = ({ sql }: AnalysedQuery): boolean =>
  /\b(insert into|update|delete from|merge into)\b/i.test(
    sql.replace(/\bfor (no key )?update\b|do update\b/gi, ""),
  ) || /\bon conflict\b/i.test(sql);

/** Makes `make_world()` callable on this database. */
export async function installWorld(pool: Pool): Promise<void> {
  await pool.query(readFileSync(new URL("world.sql", import.meta.url), "utf8"));
}

/** @param peopleOnly leaves out what the workspace does: its files, agents, jobs and the like, whose ids are nobody's then */
export async function makeWorld(pool: Pool, peopleOnly = false): Promise<World> {
  const { rows } = await pool.query("select make_world($1) as world", [peopleOnly]);
  return rows[0].world;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const PASSWORD_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$c29tZWhhc2g";

/**
 * Arguments by parameter name with which the query finds something in this world. Side 1 is somebody else who does
 * the same at the same time: another member, another credential, another invited person.
 */
function argumentsIn(world: World, { name, file }: AnalysedQuery, side: 0 | 1): Record<string, unknown> {
  const tag = `${world.tag}-${side}`;
  const who = side === 0 ? world.ada : world.bob;
  const common: Record<string, unknown> = {
    workspace_id: world.workspace,
    publisher_workspace_id: world.workspace,
    viewer_workspace_id: world.workspace,
    user_id: who,
    members: JSON.stringify([
      { user_id: world.cleo, role: "editor" },
      { user_id: world.dan, role: "viewer" },
    ]),
    role: "editor",
    least_role: "admin",
    permission: "jobs.run",
    permissions: ["jobs.read"],
    created_by: world.ada,
    requested_by: world.ada,
    invited_by: world.ada,
    uploaded_by: world.ada,
    connected_by: world.ada,
    installed_by: world.ada,
    author_id: world.dan,
    decided_by: side === 0 ? world.bob : world.cleo,
    old_owner_id: who,
    new_owner_id: world.cleo,
    email: `new.${tag}@example.com`,
    new_email: `changed.${tag}@example.com`,
    display_name: "Somebody",
    secret_hash: PASSWORD_HASH,
    key_hash: sha256(`key ${world.tag}`),
    token_hash: sha256(`new ${tag}`),
    new_token_hash: sha256(`newer ${tag}`),
    checksum: sha256(`schema ${tag}`),
    sha256: sha256(`file ${tag}`),
    hashes: [sha256("stored")],
    purpose: "reset_password",
    valid_for: "1 hour",
    overlap: "1 hour",
    lease: "1 hour",
    within: "1 hour",
    prefix: "sol_efgh",
    scopes: ["jobs.run"],
    kind: "password",
    subject: `subject ${tag}`,
    issuer: "https://issuer.example",
    public_key: Buffer.from("key"),
    sign_count: 7,
    reason: "suspicious",
    slug: `n-${tag}`,
    name: `Name ${tag}`,
    plan: "team",
    agent_id: world.agent,
    agent_version_id: world.draft,
    source_version_id: world.published,
    tool_id: world.tool,
    tools: JSON.stringify([{ tool_version_id: world.other_tool_version, requires_approval: true }]),
    version: 1,
    model: "m",
    instructions: "Be brief.",
    description: "It is described",
    category_id: world.category,
    category_slug: `c${world.tag}`,
    listing_id: world.listing,
    installation_id: world.installation,
    workflow_id: world.workflow,
    request_id: world.open_request,
    approval_request_id: world.decided_request,
    required_approvals: 1,
    approver_role: "admin",
    subject_kind: "job",
    subject_id: world.child,
    verdict: "approved",
    title: "Title",
    summary: "Summary",
    visibility: "public",
    billing: "free",
    transport: "http",
    compatibility: "backward",
    classification: "internal",
    activity_schema_id: world.activity_schema,
    required_fields: ["subject"],
    dataset_id: world.dataset,
    dataset_version_id: world.dataset_version,
    file_id: world.other_file,
    ids: [world.stored_file],
    position: 2 + side,
    storage: "s3",
    bucket: "b",
    object_key: `object ${tag}`,
    content_type: "text/csv",
    size_bytes: 10,
    status: "stored",
    job_id: world.running,
    parent_job_id: world.parent,
    task_queue: `q${world.tag}`,
    priority: 0,
    worker: "w",
    lease_number: 1,
    batch_size: 10,
    page_size: 10,
    page_offset: 0,
    max_results: 10,
    places: 3,
    inputs: ["{}"],
    error: "failed",
    quantity: 1,
    cost_micros: 1,
    recorded_at: "2026-11-28",
    provider: "slack",
    integration_id: world.integration,
    secret_ref: `vault://secret/${tag}`,
    resource: "mail",
    resources: ["mail", "calendar"],
    synced_items: 1,
    key: "jobs.days",
    is_locked: true,
    is_active: true,
    is_idempotent: true,
    include_disabled: true,
    timeout_seconds: 30,
    rating: 5,
    body: "Good",
    text: "a",
    query: "listing",
    action: "job.requested",
    actor_kind: "system",
    target_kind: "workspace",
    target_id: world.workspace,
    temporal_workflow_id: `t ${tag}`,
    seq: 1,
    days: 30,
    after_seq: 0,
    after_job_id: "",
    after_payload: "",
    after_hash: Buffer.alloc(32),
    after_seal: 0,
    known_seal: null,
    known_hash: null,
    seal: 1,
    signature: Buffer.from("signed"),
    signed_by: "key",
    challenge_hash: sha256(`challenge ${tag}`),
    ip_address: "192.0.2.1",
    current_session_id: world.session,
    first_day: "2026-11-01",
    last_day: "2026-11-28",
    since: "2026-01-01",
    from_time: "2026-01-01",
    to_time: "infinity",
    delay: "1 hour",
    documents: "{}",
    job_ids: [],
  };
  const id = SUBJECT[file.replace(/^.*\/|\.sql$/g, "")];
  return { ...common, ...(id === undefined ? {} : { id: world[id] }), ...(OWN[name]?.(world, side) ?? {}) };
}

/** What "id" is in the queries of a file. */
const SUBJECT: Readonly<Record<string, string>> = {
  agents: "published",
  api_keys: "api_key",
  approvals: "open_request",
  credentials: "password",
  datasets: "dataset_version",
  files: "stored_file",
  installations: "installation",
  integrations: "integration",
  invitations: "dans_invitation",
  job_documents: "spare_job",
  jobs: "running",
  listings: "listing",
  reviews: "review",
  sessions: "session",
  tools: "tool_version",
  users: "ada",
};

/** Where the names do not say it. */
const OWN: Readonly<Record<string, (world: World, side: 0 | 1) => Record<string, unknown>>> = {
  AcceptInvitation: (w, side) => ({
    user_id: side === 0 ? w.dan : w.eve,
    token_hash: sha256(`${side === 0 ? "dan" : "eve"} ${w.tag}`),
  }),
  AddWorkspaceMember: (w, side) => ({ user_id: side === 0 ? w.dan : w.eve }),
  AdvanceApprovalRequest: (w) => ({ request_id: w.decided_request }),
  AdvanceWebauthnCounter: (w) => ({ id: w.passkey }),
  ArchiveAgent: (w) => ({ id: w.spare_agent }),
  CancelApprovalRequest: (w, side) => ({ id: side === 0 ? w.decided_request : w.open_request }),
  CancelJobTree: (w) => ({ id: w.parent }),
  ChangeMemberRole: () => ({ role: "viewer" }),
  ChangeWorkspacePlan: () => ({ seat_limit: 3 }),
  ConfigureInstallation: (w) => ({ id: w.installation, auto_update: true }),
  ConfigureIntegration: (w) => ({ id: w.integration, configuration: "{}" }),
  ConfirmFileUpload: (w) => ({ id: w.pending_file }),
  FinishJobDocumentChange: () => ({ id: 0 }),
  PostponeJobDocumentChange: () => ({ id: 0 }),
  CopyAgentVersion: (_, side) => ({ version: `2.${side}.0` }),
  CreateAgentVersion: (_, side) => ({ version: `3.${side}.0` }),
  CreateCategory: (w, side) => ({ slug: `cc-${w.tag}-${side}` }),
  CreateJob: (w) => ({
    agent_version_id: w.published,
    activity_schema_version: 1,
    activity_schema_id: w.activity_schema,
  }),
  CreateJobs: (w) => ({ agent_version_id: w.published }),
  CreateListing: (w) => ({ agent_id: w.spare_agent, agent_version_id: w.spare_version }),
  CreateRecoveryCodes: () => ({ kind: "recovery_code" }),
  CreateSignInChallenge: () => ({ purpose: "sign_in" }),
  UseSignInChallenge: () => ({ purpose: "sign_in" }),
  GetWebauthnCredential: (w) => ({ subject: `key ${w.tag}` }),
  ProposeConfiguration: () => ({ value: "32" }),
  GetJobAgent: (w) => ({ id: w.running }),
  CreateUserToken: () => ({ new_email: null }),
  CreateUserProfile: (w) => ({ user_id: w.eve }),
  DeleteDataset: (w) => ({ id: w.dataset }),
  DeleteFile: (w) => ({ id: w.other_file }),
  DeleteReview: (w) => ({ id: w.review }),
  DeleteUser: (w, side) => ({ id: side === 0 ? w.ada : w.bob }),
  DeleteWorkspaceRole: (w) => ({ id: w.role }),
  DeprecateAgentVersion: (w) => ({ id: w.published }),
  DeprecateToolVersion: (w) => ({ id: w.tool_version }),
  DisconnectIntegration: (w) => ({ id: w.integration }),
  FailDatasetVersion: (w) => ({ id: w.dataset_version }),
  FailJob: (w) => ({ id: w.running }),
  FinishDatasetVersion: (w) => ({ id: w.dataset_version }),
  FinishJob: (w) => ({ id: w.running }),
  GetAgent: (w) => ({ id: w.agent }),
  GetApprovalWorkflow: (w) => ({ id: w.workflow }),
  GetAgentWithCurrentVersion: () => ({ slug: "agent" }),
  GetDataset: () => ({ slug: "data" }),
  GetTool: () => ({ slug: "tool" }),
  ModerateReview: (w) => ({ id: w.review, status: "hidden" }),
  PauseInstallation: (w) => ({ id: w.installation }),
  PublishAgentVersion: (w) => ({ id: w.draft }),
  ListJobs: () => ({ status: "queued" }),
  ListUsers: () => ({ status: "active" }),
  PublishListing: (w) => ({ id: w.listing }),
  QuarantineFile: (w, side) => ({ id: side === 0 ? w.stored_file : w.other_file }),
  ReclassifyDataset: (w) => ({ id: w.dataset }),
  RecordApprovalDecision: () => ({ comment: "fine" }),
  RecordFailedSignIn: (w) => ({ id: w.password }),
  RecordJobUsage: () => ({ kind: "input_tokens" }),
  AddJobUsage: () => ({ kind: "input_tokens" }),
  RecordSuccessfulSignIn: (w) => ({ id: w.password }),
  RegisterWebauthnCredential: (w, side) => ({ subject: `another ${w.tag} ${side}` }),
  ReleaseListingVersion: (w) => ({ id: w.listing, agent_version_id: w.published }),
  RenewJobLease: (w) => ({ id: w.running }),
  RenewJobLeases: (w) => ({ id: w.running }),
  ReplyToReview: (w) => ({ id: w.review, reply: "Thank you" }),
  ResumeApprovedJobs: (w) => ({ approval_request_id: w.open_request }),
  RevokeApiKey: (w) => ({ id: w.api_key }),
  RevokeCredential: (w, side) => ({ user_id: w.ada, id: side === 0 ? w.password : w.passkey }),
  RevokeInvitation: (w, side) => ({ id: side === 0 ? w.dans_invitation : w.eves_invitation }),
  RevokeSession: (w) => ({ user_id: w.ada, id: w.session }),
  RollBackAgent: () => ({ version: "1.0.0" }),
  RotateApiKey: (w, side) => ({ id: w.api_key, key_hash: sha256(`rotated ${w.tag} ${side}`) }),
  CreatePayloadFile: (w, side) => ({
    job_id: w.running,
    payload: `report ${side}`,
    name: "report",
    content_type: "text/plain",
  }),
  CreateApiKey: (w, side) => ({ key_hash: sha256(`made ${w.tag} ${side}`) }),
  RotateSessionToken: (w) => ({ token_hash: sha256(`session ${w.tag}`) }),
  SetAgentVersionTools: (w) => ({ agent_version_id: w.draft }),
  SetApprovalWorkflowActive: (w) => ({ id: w.workflow }),
  SetIntegrationStatus: (w) => ({ id: w.integration, status: "degraded" }),
  SetJobTemporalRun: (w) => ({ id: w.running, temporal_run_id: "1" }),
  SetListingStatus: (w) => ({ id: w.listing, status: "suspended" }),
  SetUserStatus: (w, side) => ({ id: side === 0 ? w.ada : w.bob, status: "suspended" }),
  SubmitListing: (w) => ({ id: w.listing }),
  SuspendJobForApproval: (w) => ({ id: w.running }),
  SynchroniseWorkspaceMembers: () => ({}),
  WithdrawListing: (w) => ({ id: w.listing }),
  TouchApiKey: (w) => ({ id: w.api_key }),
  TouchSession: (w) => ({ id: w.session }),
  TouchUsersLastSeen: (w) => ({ id: w.ada, seen_at: "2027-01-01" }),
  UninstallListing: (w) => ({ id: w.installation }),
  UpdateAgent: (w) => ({ id: w.agent, name: "Renamed" }),
  UpdateDraftAgentVersion: (w) => ({ id: w.draft }),
  UpdateListing: (w) => ({ id: w.listing }),
  UpdateTool: (w) => ({ id: w.tool }),
  UpdateWorkspaceRole: (w) => ({ id: w.role }),
  UseUserToken: (w) => ({ token_hash: sha256(`link ${w.tag}`) }),
  ChangeUserEmail: (w, side) => ({ id: side === 0 ? w.ada : w.bob }),
  VerifyUserEmail: (w, side) => ({ id: side === 0 ? w.ada : w.bob }),
  UpsertUserByEmail: (w, side) => ({ email: `${side === 0 ? "ada" : "bob"}.${w.tag}@example.com` }),
  UpdateWorkspace: (w, side) => ({ slug: `s-${w.tag}-${side}` }),
  ImportFiles: (w, side) => ({ object_key: `imported ${w.tag} ${side}` }),
  SetConfiguration: () => ({ value: "31" }),
};

/**
 * What is sent for a query in this world, with the world's arguments but for those given. Of one that adapts it is the variant
 * with most of what there are arguments for; what is given as undefined is none.
 */
export function statementFor(
  query: AnalysedQuery,
  world: World,
  side: 0 | 1 = 0,
  given: Readonly<Record<string, unknown>> = {},
): Statement {
  const all = { ...argumentsIn(world, query, side), ...given };
  const variant = query.variants
    ?.filter(
      (one) => !one.backwards && one.behind === null && one.given.every((name) => all[name] !== undefined),
    )
    .toSorted((one, other) => other.given.length - one.given.length)[0];
  if (query.variants && !variant)
    throw new Error(`tests/solitude/world.ts has nothing that ${query.name} could set`);
  const unsent = query.variants
    ? Object.keys(given).filter((name) => given[name] !== undefined && !variant?.given.includes(name))
    : [];
  const needed = unsent.find((name) => query.variants!.some((one) => one.given.includes(name)));
  if (needed !== undefined)
    throw new Error(`no prepared variant of ${query.name} has ${needed} with the others`);
  const params = variant ? variant.params.map((number) => query.params[number - 1]!) : query.params;
  return {
    sql: variant?.sql ?? query.sql,
    values: params.map((param) => argumentOf(param, all, query.name)),
  };
}

function argumentOf(
  { name, type, nullable }: AnalysedQuery["params"][number],
  given: Readonly<Record<string, unknown>>,
  query: string,
): unknown {
  const value = given[name];
  if (value !== undefined) return value;
  if (/^(jsonb?|json_document)$/.test(type)) return nullable ? null : "{}";
  if (/\[\]$/.test(type)) return nullable ? null : [];
  if (nullable) return null;
  throw new Error(`tests/solitude/world.ts has no value for "${name}" of ${query}`);
}

export function run(
  on: ClientBase | Pool,
  query: AnalysedQuery,
  world: World,
  side: 0 | 1 = 0,
): Promise<QueryResult> {
  const { sql, values } = statementFor(query, world, side);
  return on.query(sql, values);
}

/**
 * Runs a query by its name, with the world's arguments but for those given. Gives its rows; of a statement that gives
 * none, how many it changed.
 */
export type Call = (name: string, given?: Record<string, unknown>) => Promise<Record<string, unknown>[]>;

export function caller(
  queries: readonly AnalysedQuery[],
  on: ClientBase | Pool,
  world: () => World,
  side: 0 | 1 = 0,
): Call {
  const byName = new Map(queries.map((query) => [query.name, query]));
  return async (name, given = {}) => {
    const query = byName.get(name);
    if (query === undefined) throw new Error(`there is no query ${name}`);
    const unknown = Object.keys(given).find((key) => !query.params.some((param) => param.name === key));
    if (unknown !== undefined) throw new Error(`${name} has no ${unknown}`);
    const { sql, values } = statementFor(query, world(), side, given);
    const { rows, rowCount } = await on.query(sql, values);
    return /^:exec/.test(query.command) ? [{ rowCount }] : rows;
  };
}
