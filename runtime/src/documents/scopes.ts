import type { Filter as DriverFilter } from "mongodb";
import { isId, type JobId, type WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import { timed } from "./call.ts";
import { DocumentCollection } from "./collection.ts";
import type { DataOf, Declarations, InputOf, QueryableOf } from "./declaration.ts";
import { type Envelope, timeOf } from "./envelope.ts";
import { RefusedError } from "./errors.ts";
import { scopeFilter } from "./filter.ts";
import { type ExportOptions, exportJob, type ImportOutcome, importJob } from "./job-export.ts";
import { type DropWorkspaceOptions, dropJob, dropWorkspace, jobsOf } from "./lifecycle.ts";
import type { FoundPayload } from "./payload.ts";
import { payloadsIn, sweepPayloads } from "./payload-upkeep.ts";
import { type Payloads, payloadsOf } from "./payloads.ts";
import type { Usage } from "./quota.ts";
import { countUsage } from "./quotas.ts";
import { deleteOlder, type Retention } from "./retention.ts";
import { type AppliedChange, applyWorkspace, type PlannedChange, planWorkspace } from "./settle.ts";
import { createTarget, type Store, type TransactionContext, write } from "./target.ts";
import { runTransaction } from "./transaction.ts";
import { outcomeUnknown } from "./translate.ts";

/** Typed collections under the names that they were declared with. */
export type Collections<D extends Declarations> = {
  readonly [K in keyof D]: DocumentCollection<DataOf<D[K]>, InputOf<D[K]>, QueryableOf<D[K]>>;
};

/** The documents of one job. */
export interface JobScope<D extends Declarations> {
  readonly id: JobId;
  readonly collections: Collections<D>;
  /** Bytes beyond what a document holds: 16 MB. */
  readonly payloads: Payloads;
  /** All that `work` does with the scope that it is given happens or does not. On a replica set only. */
  transaction<R>(work: (job: JobScope<D>) => Promise<R>, options?: QueryOptions): Promise<R>;
  /** Lets the server delete the documents of the kinds that expire, after that time; null keeps them. Gives how many. */
  expire(at: Date | null, options?: QueryOptions): Promise<number>;
  /**
   * All documents of the job as lines of JSON, one by one, and its payloads behind them: to be kept, or imported elsewhere. What is
   * written meanwhile is in it as it was before or after.
   */
  export(options?: ExportOptions): AsyncGenerator<string, void, undefined>;
  /**
   * Writes the documents of an export, migrated to this release's versions, and its payloads; run again after an interruption, it goes
   * on. What it cannot write it tells of.
   * @throws {JobExportError}
   */
  import(lines: AsyncIterable<string>, options?: QueryOptions): Promise<ImportOutcome>;
  /** Makes the job's collection, where it has its own, before the first write to it does. */
  create(options?: QueryOptions): Promise<void>;
  /** Deletes all documents and payloads of the job. A write at the same time comes before it, or makes the collection anew behind it. */
  drop(options?: QueryOptions): Promise<void>;
}

/** The documents of one workspace. */
export interface WorkspaceScope<D extends Declarations> {
  readonly id: WorkspaceId;
  job(id: JobId): JobScope<D>;
  /** The jobs that have documents, each once. */
  jobs(options?: QueryOptions): AsyncGenerator<JobId, void, undefined>;
  /** Plans what `apply` would do to the workspace's collections; changes nothing. */
  plan(options?: QueryOptions): AsyncGenerator<PlannedChange, void, undefined>;
  /**
   * Gives all collections of the workspace's jobs the validator and indexes that are declared, and removes those that have left
   * the declaration: when no older release writes any more. Gives each change when it is done; run again, it goes on.
   */
  apply(options?: QueryOptions): AsyncGenerator<AppliedChange, void, undefined>;
  /**
   * Deletes what was last written before a time, by collection: `{ integrations: ninetyDaysAgo }`. Gives how many. For a workspace's
   * retention, run now and then.
   */
  deleteOlder(retention: Retention<D>, options?: QueryOptions): Promise<number>;
  /** The payloads of all jobs, those of which not all is there, too. */
  payloads(options?: QueryOptions): AsyncGenerator<FoundPayload, void, undefined>;
  /** Deletes what uploads have left that began before that time and did not end. Gives how many. */
  sweepPayloads(before: Date, options?: QueryOptions): Promise<number>;
  /** Counts what the workspace has: what quotas are held against. */
  usage(options?: QueryOptions): Promise<Usage>;
  /** As of a job, over several jobs of the workspace. */
  transaction<R>(work: (workspace: WorkspaceScope<D>) => Promise<R>, options?: QueryOptions): Promise<R>;
  /** Deletes all documents of the workspace; see `drop` of a job. */
  drop(options?: DropWorkspaceOptions): Promise<void>;
}

export function workspaceScope<D extends Declarations>(
  store: Store,
  declarations: D,
  id: WorkspaceId,
  transaction?: TransactionContext,
): WorkspaceScope<D> {
  // The type is a promise that a cast may have broken.
  if (!isId(id)) throw new RefusedError("that is no workspace's id");
  return {
    id,
    job: (job) => jobScope(store, declarations, id, job, transaction),
    jobs: (options) => jobsOf(store, id, timed(options)),
    plan: (options) => planWorkspace(store, id, timed(options)),
    apply: (options) => applyWorkspace(store, id, timed(options)),
    async deleteOlder(retention, options) {
      refuseWithin(transaction, "deleted by age");
      return freeing(store, id, deleteOlder(store, declarations, id, retention, timed(options)));
    },
    payloads: (options) => payloadsIn(store, id, timed(options)),
    async sweepPayloads(before, options) {
      refuseWithin(transaction, "swept");
      return sweepPayloads(store, id, timeOf(before), timed(options));
    },
    usage: (options) => countUsage(store, id, timed(options)),
    transaction: (work, options) =>
      givingBack(
        store,
        id,
        runTransaction(store, (context) => work(workspaceScope(store, declarations, id, context)), options),
      ),
    async drop(options) {
      refuseWithin(transaction, "dropped");
      await freeing(store, id, dropWorkspace(store, id, timed(options)));
    },
  };
}

function jobScope<D extends Declarations>(
  store: Store,
  declarations: D,
  workspace: WorkspaceId,
  id: JobId,
  transaction: TransactionContext | undefined,
): JobScope<D> {
  if (!isId(id)) throw new RefusedError("that is no job's id");
  const targetOf = (declaration: Declarations[string]) =>
    createTarget(store, { workspace, job: id, kind: declaration.kind }, declaration, transaction);
  return {
    id,
    collections: lazily(
      declarations,
      (declaration) => new DocumentCollection(targetOf(declaration)),
    ) as Collections<D>,
    get payloads() {
      refuseWithin(transaction, "stored in payloads");
      return payloadsOf(store, workspace, id);
    },
    transaction: (work, options) =>
      givingBack(
        store,
        workspace,
        runTransaction(
          store,
          (context) => work(jobScope(store, declarations, workspace, id, context)),
          options,
        ),
      ),
    async expire(at, options) {
      const limits = timed(options);
      const time = at === null ? null : timeOf(at);
      let number = 0;
      for (const declaration of store.declarations.filter(({ expires }) => expires)) {
        const target = targetOf(declaration);
        const change = time === null ? { $unset: { expiresAt: "" as const } } : { $set: { expiresAt: time } };
        const filter = scopeFilter(target.place) as DriverFilter<Envelope>;
        const result = await write(
          target,
          "update",
          limits,
          (driver) => target.handle.updateMany(filter, change, driver),
          { several: true },
        ).catch((error: unknown) => {
          // Those of the kinds before are written.
          throw number > 0 ? outcomeUnknown("expire", error) : error;
        });
        number += result.matchedCount;
      }
      return number;
    },
    export(options = {}) {
      refuseWithin(transaction, "exported");
      const targets = store.declarations.map(targetOf);
      return exportJob(targets, payloadsOf(store, workspace, id), timed(options)!, { workspace, job: id });
    },
    async import(lines, options) {
      refuseWithin(transaction, "imported");
      const targets = store.declarations.map(
        (declaration) => [declaration.kind, targetOf(declaration)] as const,
      );
      return importJob(new Map(targets), payloadsOf(store, workspace, id), lines, timed(options));
    },
    async create(options) {
      refuseWithin(transaction, "made");
      const { place, declaration } = targetOf(store.declarations[0]!);
      // Looked at anew: another process may have dropped it.
      const make = () => store.provision.ensure(place, declaration, timed(options));
      if (store.layout.collectionPerKind) return;
      const { quotas } = store;
      await (quotas === undefined
        ? make()
        : quotas.within({ workspace, job: id }, () => ({}), options, make));
    },
    async drop(options) {
      refuseWithin(transaction, "dropped");
      await freeing(store, workspace, dropJob(store, workspace, id, timed(options)));
    },
  };
}

/** Of what a transaction took room for, nothing is there once it has been rolled back. */
function givingBack<T>(store: Store, workspace: WorkspaceId, running: Promise<T>): Promise<T> {
  return running.catch((error: unknown) => {
    store.quotas?.freed(workspace);
    throw error;
  });
}

function freeing<T>({ quotas }: Store, workspace: WorkspaceId, work: Promise<T>): Promise<T> {
  return quotas === undefined ? work : work.finally(() => quotas.freed(workspace));
}

function refuseWithin(transaction: TransactionContext | undefined, what: string): void {
  if (transaction !== undefined) throw new RefusedError(`nothing can be ${what} within a transaction`);
}

/** Each made when it is first asked for: most code wants one of them. */
function lazily<V>(
  declarations: Declarations,
  make: (declaration: Declarations[string]) => V,
): Record<string, V> {
  const made: Record<string, V> = {};
  for (const [name, declaration] of Object.entries(declarations))
    Object.defineProperty(made, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = make(declaration);
        Object.defineProperty(made, name, { value, enumerable: true });
        return value;
      },
    });
  return made;
}
