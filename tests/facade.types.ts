import type {
  BoundQueries,
  Client,
  DatabaseScope,
  QueryOptions,
  TenantDeclaration,
  WorkspaceId,
} from "@solitude/runtime";
import type { Documents } from "@solitude/runtime/documents";
import type {
  Agent,
  AgentId,
  AgentVersion,
  createSolitude,
  GetAgentArgs,
  ImportFilesArgs,
  RenewJobLeasesArgs,
  Solitude,
  SolitudeTransaction,
  SolitudeWorkspace,
  SolitudeWorkspaceTransaction,
  UserId,
} from "../generated/src/index.ts";

// What the facade's types promise. This need only compile.

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function isTrue<_ extends true>(): void;

export async function facadeTypes(db: Solitude): Promise<void> {
  const get: (args: GetAgentArgs, options?: QueryOptions) => Promise<Agent | null> = db.agents.getAgent;
  void get;
  isTrue<Equal<Parameters<Solitude["agents"]["getAgent"]>["length"], 1 | 2>>();
  isTrue<Equal<ReturnType<Solitude["agents"]["getAgent"]>, Promise<Agent | null>>>();
  isTrue<Equal<keyof Solitude["agents"] & "getAgentQuery", never>>();
  isTrue<Equal<Solitude["auditLogs"], Solitude["replica"]["auditLogs"]>>();
  isTrue<Equal<Solitude["auditLogs"], SolitudeTransaction["auditLogs"]>>();
  isTrue<Equal<Solitude["auditLogs"], SolitudeTransaction["last"]["auditLogs"]>>();
  // @ts-expect-error outside of a transaction there is no last call
  void db.last;
  // @ts-expect-error what is last is a query, and no savepoint
  await db.transaction((tx) => tx.last.transaction(async () => {}));
  // @ts-expect-error nor is there a last of the last
  await db.transaction(async (tx) => tx.last.last);
  // @ts-expect-error an argument is missing
  await db.agents.getAgent({ workspaceId: "" });
  // @ts-expect-error there is no such query
  await db.agents.getUser({ id: "" });
  // @ts-expect-error a transaction is not shut down
  await db.transaction((tx) => tx.shutdown());
  // @ts-expect-error the client is the first parameter of the plain function only
  await db.agents.getAgent(db.client, { workspaceId: "", id: "" });
}

type In = SolitudeWorkspace;
type Without<A> = Omit<A, "workspaceId">;
type Same<A, B> = [A, B] extends [B, A] ? true : false;

export async function scopeTypes(
  db: Solitude,
  id: WorkspaceId,
  { agentId, userId }: { readonly agentId: AgentId; readonly userId: UserId },
): Promise<void> {
  const scope = db.workspace(id, { actor: userId, settings: { "app.request_id": "x" } });
  isTrue<Equal<typeof scope, SolitudeWorkspace>>();
  isTrue<Equal<ReturnType<Solitude["currentWorkspace"]>, SolitudeWorkspace>>();
  // The key is gone from the arguments, from each of many, and with it the arguments where it is the only one.
  isTrue<
    Same<Parameters<In["agents"]["getAgent"]>, [args: { id: AgentId }, options?: QueryOptions | undefined]>
  >();
  isTrue<Equal<ReturnType<In["agents"]["getAgent"]>, Promise<Agent | null>>>();
  isTrue<Same<Parameters<In["workspaces"]["getWorkspace"]>, [options?: QueryOptions | undefined]>>();
  isTrue<Same<Parameters<In["agents"]["listCurrentAgentsStream"]>, [options?: QueryOptions | undefined]>>();
  isTrue<Same<Parameters<In["files"]["importFiles"]>[0], Rows<Without<ImportFilesArgs>>>>();
  isTrue<Same<Parameters<In["jobs"]["renewJobLeases"]>[0], readonly Without<RenewJobLeasesArgs>[]>>();
  // What has none is as it was.
  isTrue<Equal<In["users"]["getUser"], Solitude["users"]["getUser"]>>();
  isTrue<Same<In["replica"]["agents"]["getAgent"], In["agents"]["getAgent"]>>();
  isTrue<Same<SolitudeWorkspaceTransaction["agents"]["getAgent"], In["agents"]["getAgent"]>>();
  isTrue<Same<SolitudeWorkspaceTransaction["last"]["agents"]["getAgent"], In["agents"]["getAgent"]>>();
  await scope.transaction(async (tx) => {
    isTrue<Equal<typeof tx, SolitudeWorkspaceTransaction>>();
    await tx.transaction((savepoint) => savepoint.last.agents.getAgent({ id: agentId }));
    // @ts-expect-error the key is the scope's in the last call, too
    await tx.last.agents.getAgent({ workspaceId: id, id: agentId });
  });
  // @ts-expect-error a user's id is no agent's
  await scope.agents.getAgent({ id: userId });
  // @ts-expect-error nor is any text
  await scope.agents.getAgent({ id: "" });
  // An agent's id is one wherever a foreign key leads to it.
  isTrue<Equal<AgentVersion["agentId"], AgentId>>();
  isTrue<Equal<AgentVersion["createdBy"], UserId>>();
  // @ts-expect-error the key is the scope's
  await scope.agents.getAgent({ workspaceId: id, id: "" });
  // @ts-expect-error not any text is a workspace's id
  db.workspace("w");
  // @ts-expect-error there is no way from one scope to another
  scope.workspace(id);
  // @ts-expect-error nor from a transaction
  await db.transaction(async (tx) => tx.workspace(id));
  // @ts-expect-error no documents were given
  void scope.documents;
}

type Rows<A> = Iterable<A> | AsyncIterable<A>;

export function scopesWithDocuments(
  create: typeof createSolitude,
  // biome-ignore lint/complexity/noBannedTypes: no collections are needed
  documents: Documents<{}>,
  id: WorkspaceId,
): void {
  const db = create({ postgres: {}, documents });
  const scope = db.workspace(id);
  isTrue<Equal<typeof scope.documents, ReturnType<typeof documents.workspace>>>();
}

// A flag that asks for a column: each of its literal values has a signature, behind the facade and in a scope, too.
interface FlagArgs {
  workspaceId: string;
  withCost: boolean;
}
interface FlagRow {
  cost: string | null;
}
interface Flagged {
  list(
    client: Client,
    args: FlagArgs & { withCost: true },
    options?: QueryOptions,
  ): Promise<(FlagRow & { cost: string })[]>;
  list(
    client: Client,
    args: FlagArgs & { withCost: false },
    options?: QueryOptions,
  ): Promise<(FlagRow & { cost: null })[]>;
  list(client: Client, args: FlagArgs, options?: QueryOptions): Promise<FlagRow[]>;
}

export function overloadTypes(
  { agents: bound }: BoundQueries<{ readonly agents: Flagged }>,
  {
    agents: scoped,
  }: DatabaseScope<
    { readonly agents: Flagged },
    TenantDeclaration & { readonly keys: { readonly agents: { readonly list: "workspaceId" } } }
  >,
  withCost: boolean,
): void {
  const workspaceId = "";
  const calls = {
    withIt: () => bound.list({ workspaceId, withCost: true }),
    without: () => bound.list({ workspaceId, withCost: false }),
    either: () => bound.list({ workspaceId, withCost }),
    scopedWithIt: () => scoped.list({ withCost: true }, { timeout: 1 }),
    scopedEither: () => scoped.list({ withCost }),
  };
  isTrue<Equal<Cost<typeof calls.withIt>, string>>();
  isTrue<Equal<Cost<typeof calls.without>, null>>();
  isTrue<Equal<Cost<typeof calls.either>, string | null>>();
  isTrue<Equal<Cost<typeof calls.scopedWithIt>, string>>();
  isTrue<Equal<Cost<typeof calls.scopedEither>, string | null>>();
}

type Cost<F extends () => unknown> =
  Awaited<ReturnType<F>> extends readonly (infer R extends FlagRow)[] ? R["cost"] : never;
