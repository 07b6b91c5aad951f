import type { Collection } from "mongodb";
import { OutcomeUnknownError } from "../errors/errors.ts";
import type { WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Limits } from "./call.ts";
import { type Envelope, newId } from "./envelope.ts";
import { afterPrefix, type Scope } from "./layout.ts";
import { ANY_JOB, jobCollections, jobsOf, workspacePlace } from "./lifecycle.ts";
import { ACCOUNTS } from "./own-collections.ts";
import { payloadBytes } from "./payload-upkeep.ts";
import { type Quota, QuotaExceededError, type Quotas, type Usage } from "./quota.ts";
import type { Store } from "./target.ts";
import { EXCEPT_TOMBSTONE } from "./tombstone.ts";

/** One for each workspace: what it has, counted and added up since; `since` is what was added while it is counted. */
interface Account extends Usage {
  readonly _id: string;
  readonly countedAt: Date;
  /** Of the count that is under way, or was the last. */
  readonly round: string;
  readonly since: Usage;
}

const RESOURCES: readonly (keyof Usage)[] = ["documents", "bytes", "jobs"];
const NOTHING: Usage = { documents: 0, bytes: 0, jobs: 0 };
/** Where the limit is reached, it is counted anew before anything is refused, but not more often than this. */
const RECOUNT_MS = 5_000;
const REMEMBERED_JOBS = 50_000;

/** @param quotaOf asked before each write; undefined is no limit */
export function createQuotas(
  storeOf: () => Store,
  quotaOf: (workspace: WorkspaceId) => Quota | undefined | Promise<Quota | undefined>,
): Quotas {
  /** Jobs that are counted; of more, those that were first. */
  const jobs = new Set<string>();
  /** The first writes to jobs that are under way, each of which takes room for its job: those behind it find it taken. */
  const starting = new Map<string, Promise<unknown>>();
  /** Workspaces of which something was deleted since they were counted. */
  const freed = new Set<WorkspaceId>();
  /** Workspaces without a quota, and without an account. */
  const unlimited = new Set<WorkspaceId>();

  function accounts(workspace: WorkspaceId) {
    const { layout, client, declarations } = storeOf();
    const { database } = layout.place({ workspace, job: ANY_JOB, kind: declarations[0]!.kind });
    return { database, handle: client.db(database).collection<Account>(ACCOUNTS) };
  }

  function ask<T>(
    workspace: WorkspaceId,
    operation: string,
    options: QueryOptions | undefined,
    work: (handle: Collection<Account>, limits: { maxTimeMS?: number }) => Promise<T>,
  ): Promise<T> {
    const { database, handle } = accounts(workspace);
    // Counted once or twice, the next count tells: a failure here is one of a read.
    const call = { operation, kind: "quota", collection: ACCOUNTS, namespace: database, write: false };
    return storeOf().caller.run(call, options, ({ maxTimeMS }) =>
      work(handle, maxTimeMS === undefined ? {} : { maxTimeMS }),
    );
  }

  async function add(
    workspace: WorkspaceId,
    amount: Partial<Usage>,
    quota: Quota,
    options: QueryOptions | undefined,
  ) {
    const room = RESOURCES.flatMap((each) => {
      const limit = quota[each];
      const more = amount[each] ?? 0;
      return limit === undefined || more <= 0 ? [] : [[each, { $lte: limit - more }]];
    });
    const change = RESOURCES.flatMap((each) => {
      const more = amount[each] ?? 0;
      return more === 0
        ? []
        : [
            [each, more],
            [`since.${each}`, more],
          ];
    });
    if (change.length === 0) return true;
    const { matchedCount } = await ask(workspace, "update", options, (handle, limits) =>
      handle.updateOne(
        { _id: workspace, ...Object.fromEntries(room) },
        { $inc: Object.fromEntries(change) },
        limits,
      ),
    );
    return matchedCount > 0;
  }

  /** Counts a workspace, with what is added meanwhile; gives the account. */
  async function recount(workspace: WorkspaceId, options: QueryOptions | undefined): Promise<Account> {
    const round = newId();
    freed.delete(workspace);
    await ask(workspace, "update", options, (handle, limits) =>
      handle.updateOne(
        { _id: workspace },
        { $set: { round, since: NOTHING }, $setOnInsert: { ...NOTHING, countedAt: new Date(0) } },
        { ...limits, upsert: true },
      ),
    );
    const counted = await countUsage(storeOf(), workspace, options);
    for (;;) {
      const account = (await ask(workspace, "find", options, (handle) =>
        handle.findOne({ _id: workspace }),
      )) as Account;
      // Somebody else counts by now, and later.
      if (account.round !== round) return account;
      const { since } = account;
      const sums = Object.fromEntries(
        RESOURCES.map((each) => [each, counted[each] + since[each]]),
      ) as unknown as Usage;
      const { matchedCount } = await ask(workspace, "update", options, (handle, limits) =>
        handle.updateOne(
          { _id: workspace, round, since },
          { $set: { ...sums, countedAt: new Date() } },
          limits,
        ),
      );
      if (matchedCount > 0) return { ...account, ...sums };
    }
  }

  /** Takes room, and gives what was taken. @throws {QuotaExceededError} */
  async function reserve(
    scope: Omit<Scope, "kind">,
    needed: Partial<Usage>,
    quota: Quota,
    options: QueryOptions | undefined,
  ): Promise<Partial<Usage>> {
    const { workspace } = scope;
    let amount = needed;
    for (let isCounted = false; ; isCounted = true) {
      if (await add(workspace, amount, quota, options)) return amount;
      let account = (await ask(workspace, "find", options, (handle) =>
        handle.findOne({ _id: workspace }),
      )) as Account | null;
      const isFresh =
        account !== null && !freed.has(workspace) && Date.now() - account.countedAt.getTime() < RECOUNT_MS;
      if (!isFresh && !isCounted) account = await recount(workspace, options);
      const over = RESOURCES.find((each) => {
        const limit = quota[each];
        const more = amount[each] ?? 0;
        return limit !== undefined && more > 0 && account !== null && account[each] + more > limit;
      });
      // Another process may have begun the same job, and taken the room.
      if (over === "jobs" && (await isThere(storeOf(), scope, options))) amount = { ...amount, jobs: 0 };
      else if (over !== undefined)
        throw new QuotaExceededError(
          `the workspace has ${account![over]} ${over} and may have ${quota[over]}; nothing was written`,
          over,
          quota[over]!,
        );
    }
  }

  async function takeAndWrite<T>(
    scope: Omit<Scope, "kind">,
    need: () => Partial<Usage>,
    quota: Quota,
    options: QueryOptions | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const { workspace, job } = scope;
    const needed = { ...need(), jobs: await jobsToAdd(scope, quota, options) };
    const amount = await reserve(scope, needed, quota, options);
    try {
      const result = await work();
      if (jobs.size >= REMEMBERED_JOBS) jobs.delete(jobs.values().next().value!);
      if (quota.jobs !== undefined) jobs.add(`${workspace}/${job}`);
      return result;
    } catch (error) {
      const back = Object.fromEntries(RESOURCES.map((each) => [each, -(amount[each] ?? 0)]));
      // Where it cannot be given back, the next count does.
      if (!(error instanceof OutcomeUnknownError)) await add(workspace, back, {}, undefined).catch(() => {});
      throw error;
    }
  }

  /** What is to be added for a job: one, where it has nothing yet. */
  async function jobsToAdd(
    scope: Omit<Scope, "kind">,
    quota: Quota,
    options: QueryOptions | undefined,
  ): Promise<number> {
    if (quota.jobs === undefined || jobs.has(`${scope.workspace}/${scope.job}`)) return 0;
    return (await isThere(storeOf(), scope, options)) ? 0 : 1;
  }

  /** What is written without a quota is added to no account: once there is one again, it is counted. */
  async function withoutAccount(workspace: WorkspaceId, options: QueryOptions | undefined): Promise<void> {
    if (unlimited.has(workspace)) return;
    await ask(workspace, "delete", options, (handle, limits) => handle.deleteOne({ _id: workspace }, limits));
    unlimited.add(workspace);
  }

  return {
    async within(scope, need, options, work) {
      const quota = await quotaOf(scope.workspace);
      if (quota === undefined) {
        await withoutAccount(scope.workspace, options);
        return work();
      }
      unlimited.delete(scope.workspace);
      const name = `${scope.workspace}/${scope.job}`;
      const isNew = () => quota.jobs !== undefined && !jobs.has(name);
      for (let first = starting.get(name); first !== undefined && isNew(); first = starting.get(name))
        await storeOf().caller.wait("quota", options, first);
      const isFirst = isNew();
      const writing = takeAndWrite(scope, need, quota, options, work);
      if (!isFirst) return writing;
      // Nothing is awaited between the end of the wait and here.
      starting.set(
        name,
        writing.catch(() => {}).finally(() => starting.delete(name)),
      );
      return writing;
    },
    freed(workspace) {
      freed.add(workspace);
      // A job of it may be gone.
      for (const each of jobs) if (each.startsWith(`${workspace}/`)) jobs.delete(each);
    },
  };
}

/** Tells whether a job has something: its collection, or documents. */
async function isThere(
  store: Store,
  { workspace, job }: Omit<Scope, "kind">,
  options: QueryOptions | undefined,
): Promise<boolean> {
  const { layout, client, caller, provision } = store;
  for (const { kind } of store.declarations) {
    const place = layout.place({ workspace, job, kind });
    const { database, collection, prefix } = place;
    const call = { operation: "find", kind, collection, namespace: database, write: false };
    const db = client.db(database);
    if (!layout.collectionPerKind) {
      const list = (limits: Limits) =>
        db.listCollections({ name: collection }, { ...limits, nameOnly: true }).toArray();
      const found = await caller.run({ ...call, operation: "listCollections" }, options, list);
      return found.length > 0 && !(await provision.wasDropped(place));
    }
    const range = { _id: { $gte: prefix, $lt: afterPrefix(prefix) } };
    const find = (limits: Limits) =>
      db.collection<Envelope>(collection).findOne(range as never, { ...limits, projection: { _id: 1 } });
    if ((await caller.run(call, options, find)) !== null) return true;
  }
  return false;
}

/** Counts what a workspace has. */
export async function countUsage(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<Usage> {
  let documents = 0;
  let bytes = await payloadBytes(store, workspace, options);
  let jobs = 0;
  const add = async (database: string, collection: string, filter: object) => {
    const call = { operation: "aggregate", kind: "quota", collection, namespace: database, write: false };
    const stages = [
      { $match: filter },
      { $group: { _id: null, documents: { $sum: 1 }, bytes: { $sum: { $bsonSize: "$$ROOT" } } } },
    ];
    const handle = store.client.db(database).collection(collection);
    const [sums] = await store.caller.run(call, options, (limits) =>
      handle.aggregate(stages, limits).toArray(),
    );
    documents += Number(sums?.documents ?? 0);
    bytes += Number(sums?.bytes ?? 0);
  };
  if (store.layout.collectionPerKind) {
    for (const { kind } of store.declarations) {
      const { database, collection, start } = workspacePlace(store.layout, workspace, kind);
      const ofWorkspace = { _id: { $gte: start, $lt: afterPrefix(start) } };
      await add(database, collection, start === "" ? EXCEPT_TOMBSTONE : ofWorkspace);
    }
    for await (const _ of jobsOf(store, workspace, options)) jobs++;
  } else
    for await (const { database, collection } of jobCollections(store, workspace, options)) {
      await add(database, collection, {});
      jobs++;
    }
  return { documents, bytes, jobs };
}
