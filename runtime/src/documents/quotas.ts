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
import { type Quota, QuotaExceededError, type Quotas, type Undoable, type Usage } from "./quota.ts";
import type { Store } from "./target.ts";
import { EXCEPT_TOMBSTONE } from "./tombstone.ts";

/** One for each workspace: what it has, counted and added up since; `since` is what was added while it is counted. */
interface Account extends Usage {
  readonly _id: string;
  readonly countedAt: Date;
  /** Of the count that is under way, or was the last; and when that began, by the server's clock. */
  readonly round: string;
  readonly begun?: Date;
  readonly since: Usage;
  /** What was taken for writes that may not be over, by a name of each: no count can tell whether it has seen what they write. */
  readonly pending?: Readonly<Record<string, Partial<Usage> & { readonly at?: Date }>>;
}

/** Room that was taken for a write. */
interface Taken {
  readonly name: string;
  readonly amount: Partial<Usage>;
}

const RESOURCES: readonly (keyof Usage)[] = ["documents", "bytes", "jobs"];
const NOTHING: Usage = { documents: 0, bytes: 0, jobs: 0 };
/** Where the limit is reached, it is counted anew before anything is refused, but not more often than this. */
const RECOUNT_MS = 5_000;
const REMEMBERED_JOBS = 50_000;
/** Longer than any write, or a transaction, is under way. What is pending for longer was of a process that is gone. */
const PENDING_MS = 10 * 60_000;
/** Writes that are over, of which the account is told by one update. */
const TOLD_AT_ONCE = 100;

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
  /** By workspace, the writes that are over, of which the account has yet to hear. */
  const over = new Map<WorkspaceId, Set<string>>();
  /** Workspaces whose account is being told. */
  const telling = new Set<WorkspaceId>();

  function accounts(workspace: WorkspaceId) {
    const { layout, client, declarations } = storeOf();
    const { database } = layout.place({ workspace, job: ANY_JOB, kind: declarations[0]!.kind });
    return { database, handle: client.db(database).collection<Account>(ACCOUNTS) };
  }

  function ask<T>(
    workspace: WorkspaceId,
    operation: string,
    options: QueryOptions | undefined,
    work: (handle: Collection<Account>, limits: Limits) => Promise<T>,
  ): Promise<T> {
    const { database, handle } = accounts(workspace);
    // Counted once or twice, the next count tells: a failure here is one of a read.
    const call = { operation, kind: "quota", collection: ACCOUNTS, namespace: database, write: false };
    return storeOf().caller.run(call, options, (_, untilSent) => work(handle, untilSent));
  }

  /** @returns whether there was room */
  async function add(
    workspace: WorkspaceId,
    { name, amount }: Taken,
    quota: Quota,
    options: QueryOptions | undefined,
  ): Promise<boolean> {
    const room = RESOURCES.flatMap((each) => {
      const limit = quota[each];
      const more = amount[each] ?? 0;
      return limit === undefined || more <= 0 ? [] : [[each, { $lte: limit - more }]];
    });
    const added = RESOURCES.filter((each) => (amount[each] ?? 0) !== 0);
    if (added.length === 0) return true;
    const told = someOver(workspace);
    const { matchedCount } = await ask(workspace, "update", options, (handle, limits) =>
      handle.updateOne(
        { _id: workspace, ...Object.fromEntries(room) },
        {
          $inc: sumsOf(amount, 1),
          $set: Object.fromEntries(added.map((each) => [`pending.${name}.${each}`, amount[each]])),
          $currentDate: { [`pending.${name}.at`]: true },
          ...without(told),
        },
        limits,
      ),
    );
    if (matchedCount > 0) wereTold(workspace, told);
    return matchedCount > 0;
  }

  /** Gives back what was taken for a write that was not done. Where that fails, a later count does. */
  async function giveBack(workspace: WorkspaceId, { name, amount }: Taken): Promise<void> {
    await ask(workspace, "update", undefined, (handle, limits) =>
      handle.updateOne(
        { _id: workspace, [`pending.${name}`]: { $exists: true } },
        { $inc: sumsOf(amount, -1), ...without([name]) },
        limits,
      ),
    ).catch(() => {});
  }

  /** Says that a write is over, without waiting for the account to hear of it: it does with the next, or by itself. */
  function end(workspace: WorkspaceId, { name, amount }: Taken): void {
    if (RESOURCES.every((each) => (amount[each] ?? 0) === 0)) return;
    const names = over.get(workspace) ?? new Set();
    over.set(workspace, names.add(name));
    if (telling.has(workspace)) return;
    telling.add(workspace);
    void tell(workspace)
      .catch(() => {})
      .finally(() => telling.delete(workspace));
  }

  async function tell(workspace: WorkspaceId): Promise<void> {
    for (let told = someOver(workspace); told.length > 0; told = someOver(workspace)) {
      await ask(workspace, "update", undefined, (handle, limits) =>
        handle.updateOne({ _id: workspace }, without(told), limits),
      );
      wereTold(workspace, told);
    }
  }

  function someOver(workspace: WorkspaceId): readonly string[] {
    return [...(over.get(workspace) ?? [])].slice(0, TOLD_AT_ONCE);
  }

  function wereTold(workspace: WorkspaceId, told: readonly string[]): void {
    const names = over.get(workspace);
    for (const name of told) names?.delete(name);
    if (names?.size === 0) over.delete(workspace);
  }

  /** Counts a workspace, with what is added meanwhile, and what was taken and may not be there yet; gives the account. */
  async function recount(workspace: WorkspaceId, options: QueryOptions | undefined): Promise<Account> {
    const round = newId();
    freed.delete(workspace);
    const told = [...(over.get(workspace) ?? [])];
    const begun = (await ask(workspace, "findAndModify", options, (handle, limits) =>
      handle.findOneAndUpdate(
        { _id: workspace },
        {
          $set: { round, since: NOTHING },
          $setOnInsert: { ...NOTHING, countedAt: new Date(0) },
          $currentDate: { begun: true },
          ...without(told),
        },
        { ...limits, upsert: true, returnDocument: "after" },
      ),
    )) as Account | null;
    wereTold(workspace, told);
    // Others have made it in the same moment.
    if (begun === null) return recount(workspace, options);
    const pending = Object.entries(begun.pending ?? {});
    const isLost = ([, { at }]: (typeof pending)[number]) =>
      at !== undefined && begun.begun!.getTime() - at.getTime() > PENDING_MS;
    const lost = pending.filter(isLost).map(([name]) => name);
    const waiting = pending.filter((each) => !isLost(each)).map(([, amount]) => amount);
    const counted = await countUsage(storeOf(), workspace, options);
    for (;;) {
      const account = (await ask(workspace, "find", options, (handle) =>
        handle.findOne({ _id: workspace }),
      )) as Account | null;
      // The workspace was without a quota for a moment.
      if (account === null) return recount(workspace, options);
      // Somebody else counts by now, and later.
      if (account.round !== round) return account;
      const { since } = account;
      const sums = Object.fromEntries(
        RESOURCES.map((each) => [
          each,
          waiting.reduce((sum, amount) => sum + (amount[each] ?? 0), counted[each] + since[each]),
        ]),
      ) as unknown as Usage;
      const { matchedCount } = await ask(workspace, "update", options, (handle, limits) =>
        handle.updateOne(
          { _id: workspace, round, since },
          { $set: { ...sums, countedAt: new Date() }, ...without(lost) },
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
  ): Promise<Taken> {
    const { workspace } = scope;
    let taken: Taken = { name: newId(), amount: needed };
    for (let isCounted = false; ; isCounted = true) {
      const { amount } = taken;
      const isThereRoom = await add(workspace, taken, quota, options).catch(async (error: unknown) => {
        // It may have been taken.
        void giveBack(workspace, taken);
        throw error;
      });
      if (isThereRoom) return taken;
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
      if (over === "jobs" && (await isThere(storeOf(), scope, options)))
        taken = { ...taken, amount: { ...amount, jobs: 0 } };
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
    transaction: Undoable | undefined,
  ): Promise<T> {
    const { workspace, job } = scope;
    const needed = { ...need(), jobs: await jobsToAdd(scope, quota, options) };
    const taken = await reserve(scope, needed, quota, options);
    // Those behind a job's first write have taken no room for it, though it may be undone.
    transaction?.onEnd((outcome) => {
      if (outcome === "committed") end(workspace, taken);
      else if (outcome === "rolled back")
        void giveBack(workspace, { ...taken, amount: { ...taken.amount, jobs: 0 } });
    });
    try {
      const result = await work();
      if (jobs.size >= REMEMBERED_JOBS) jobs.delete(jobs.values().next().value!);
      if (quota.jobs !== undefined) jobs.add(`${workspace}/${job}`);
      if (transaction === undefined) end(workspace, taken);
      return result;
    } catch (error) {
      // What may yet be written stays pending.
      const mayBeWritten = transaction !== undefined || error instanceof OutcomeUnknownError;
      if (!mayBeWritten) await giveBack(workspace, taken);
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
    async within(scope, need, options, work, transaction) {
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
      const writing = takeAndWrite(scope, need, quota, options, work, transaction);
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

/** Gives what is added to an account, and to what was added while it is counted. */
function sumsOf(amount: Partial<Usage>, sign: 1 | -1): Record<string, number> {
  return Object.fromEntries(
    RESOURCES.flatMap((each) => {
      const more = sign * (amount[each] ?? 0);
      return more === 0
        ? []
        : [
            [each, more],
            [`since.${each}`, more],
          ];
    }),
  );
}

/** Gives the change that takes writes from those that are pending. */
function without(names: readonly string[]): { $unset?: Record<string, ""> } {
  return names.length === 0
    ? {}
    : { $unset: Object.fromEntries(names.map((name) => [`pending.${name}`, ""])) };
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
