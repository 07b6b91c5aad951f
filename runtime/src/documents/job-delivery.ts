import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import { validate } from "./data.ts";
import type { Declaration, Declarations, InputOf } from "./declaration.ts";
import type { Documents } from "./documents.ts";
import { checkId } from "./envelope.ts";
import { DuplicateDocumentError, RefusedError } from "./errors.ts";
import { fromExtendedJson, toExtendedJson, toToken } from "./extended-json.ts";
import type { FoundPayload } from "./payload.ts";
import { solitudeCollections } from "./solitude.ts";
import { isPlain } from "./values.ts";

/** What is to become of a job's documents, as PostgreSQL's outbox has it. */
export interface JobDocumentChange<Id extends string = string> {
  readonly id: Id;
  readonly workspaceId: WorkspaceId;
  readonly jobId: JobId;
  readonly action: "create" | "erase";
  readonly documents: unknown;
  readonly attempts: number;
  /** Whether the job's row is there. */
  readonly hasJob: boolean;
}

/** The outbox in PostgreSQL: `db.jobDocuments` of `@solitude/client`, whose queries need the worker's role. */
export interface JobDocumentOutbox<Id extends string = string> {
  takeJobDocumentChanges(
    args: { batchSize: number; lease: string },
    options?: QueryOptions,
  ): Promise<readonly JobDocumentChange<Id>[]>;
  finishJobDocumentChange(args: { id: Id }, options?: QueryOptions): Promise<unknown>;
  postponeJobDocumentChange(
    args: { id: Id; delay: string; error: string },
    options?: QueryOptions,
  ): Promise<unknown>;
  listJobIds(
    args: { workspaceId: WorkspaceId; afterId: JobId | null; pageSize: number },
    options?: QueryOptions,
  ): Promise<readonly { readonly id: JobId }[]>;
  restoreJobDocuments(
    args: { workspaceId: WorkspaceId; jobIds: JobId[] },
    options?: QueryOptions,
  ): Promise<number>;
  eraseOrphanedDocuments(
    args: { workspaceId: WorkspaceId; jobIds: JobId[] },
    options?: QueryOptions,
  ): Promise<number>;
  deletePayloadFiles(
    args: { workspaceId: WorkspaceId; jobId: JobId },
    options?: QueryOptions,
  ): Promise<number>;
  findPayloadFiles(
    args: { workspaceId: WorkspaceId; jobIds: string[]; payloads: string[] },
    options?: QueryOptions,
  ): Promise<readonly { readonly jobId: JobId; readonly payload: string }[]>;
  listPayloadFiles(
    args: { workspaceId: WorkspaceId; afterJobId: string; afterPayload: string; pageSize: number },
    options?: QueryOptions,
  ): Promise<readonly PayloadFileOfJob[]>;
  abandonPayloadFiles(
    args: { workspaceId: WorkspaceId; ids: string[] },
    options?: QueryOptions,
  ): Promise<number>;
}

/** A payload that PostgreSQL has a file of. */
export interface PayloadFileOfJob {
  readonly id: string;
  readonly jobId: JobId;
  readonly payload: string;
  readonly status: string;
  readonly createdAt: string | Date;
}

/** What a sweep of payloads did, and what it cannot mend. */
export interface PayloadSweep {
  /** Payloads without a file, and uploads that did not end. */
  readonly erased: number;
  /** Files of uploads that did not end. */
  readonly abandoned: number;
  /** Files that are said to be stored, and are not. */
  readonly missing: readonly PayloadFileOfJob[];
}

export interface JobDeliveryOptions {
  /** How long a delivery may take before another worker takes it over, in milliseconds (60,000). */
  readonly lease?: number;
  /** How many changes are taken at once (50). */
  readonly batchSize?: number;
  /** Told of what could not be delivered; it comes again, later each time. */
  readonly onError?: (error: unknown, change: JobDocumentChange) => void;
}

/** Brings the documents of jobs to where PostgreSQL has the jobs. Any number of processes may do so at once. */
export interface JobDelivery {
  /** Delivers what is due until nothing is; gives how many. What failed comes again later, and is not counted. */
  deliver(options?: QueryOptions): Promise<number>;
  /**
   * Compares both sides of a workspace: documents of jobs that are not there are put into the outbox to be erased, and, where
   * each job has its own collection, jobs without one to be made. `deliver` then does it.
   */
  sweep(
    workspace: WorkspaceId,
    options?: QueryOptions,
  ): Promise<{ readonly erased: number; readonly restored: number }>;
  /**
   * Compares the payloads of a workspace with their files, as far as both are older than that time: an upload may be under way.
   * What only one side has is erased there.
   */
  sweepPayloads(workspace: WorkspaceId, before: Date, options?: QueryOptions): Promise<PayloadSweep>;
}

const PAGE = 1000;
const LONGEST_DELAY_MS = 5 * 60_000;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

export function createJobDelivery<D extends Declarations, Id extends string = string>(
  documents: Documents<D>,
  outbox: JobDocumentOutbox<Id>,
  { lease = 60_000, batchSize = 50, onError }: JobDeliveryOptions = {},
): JobDelivery {
  async function deliverOne(
    change: JobDocumentChange<Id>,
    options: QueryOptions | undefined,
  ): Promise<boolean> {
    try {
      await bringAbout(documents, outbox, change, options);
    } catch (error) {
      const delay = Math.min(1000 * 2 ** change.attempts, LONGEST_DELAY_MS);
      // The message of one of ours quotes no value.
      const said = error instanceof Error ? error.name : "Error";
      await outbox.postponeJobDocumentChange({ id: change.id, delay: `${delay} ms`, error: said }, options);
      onError?.(error, change);
      return false;
    }
    await outbox.finishJobDocumentChange({ id: change.id }, options);
    return true;
  }

  return {
    async deliver(options) {
      let delivered = 0;
      for (;;) {
        const changes = await outbox.takeJobDocumentChanges({ batchSize, lease: `${lease} ms` }, options);
        if (changes.length === 0) return delivered;
        for (const change of changes) if (await deliverOne(change, options)) delivered++;
      }
    },
    async sweep(workspace, options) {
      // First those with documents: a job's row is there before its documents are, so that none seems to be an orphan.
      const withDocuments = new Set<JobId>();
      for await (const job of documents.workspace(workspace).jobs(options))
        if (UUID.test(job)) withDocuments.add(job);
      const without: JobId[] = [];
      for (let afterId: JobId | null = null; ; ) {
        const jobs: readonly { readonly id: JobId }[] = await outbox.listJobIds(
          { workspaceId: workspace, afterId, pageSize: PAGE },
          options,
        );
        for (const { id } of jobs) if (!withDocuments.delete(id)) without.push(id);
        if (jobs.length < PAGE) break;
        afterId = jobs.at(-1)!.id;
      }
      const inPages = async (
        jobs: readonly JobId[],
        put: (args: { workspaceId: WorkspaceId; jobIds: JobId[] }) => Promise<number>,
      ) => {
        let number = 0;
        for (let from = 0; from < jobs.length; from += PAGE)
          number += await put({ workspaceId: workspace, jobIds: jobs.slice(from, from + PAGE) });
        return number;
      };
      return {
        erased: await inPages([...withDocuments], (args) => outbox.eraseOrphanedDocuments(args, options)),
        restored: documents.keepsEmptyJobs
          ? await inPages(without, (args) => outbox.restoreJobDocuments(args, options))
          : 0,
      };
    },
    sweepPayloads: (workspace, before, options) =>
      sweepPayloads(documents, outbox, workspace, before, options),
  };
}

async function sweepPayloads<D extends Declarations>(
  documents: Documents<D>,
  outbox: JobDocumentOutbox,
  workspace: WorkspaceId,
  before: Date,
  options: QueryOptions | undefined,
): Promise<PayloadSweep> {
  const scope = documents.workspace(workspace);
  let erased = await scope.sweepPayloads(before, options);
  const eraseOrphans = async (found: readonly FoundPayload[]) => {
    const asked = {
      workspaceId: workspace,
      jobIds: found.map(({ job }) => job),
      payloads: found.map(({ id }) => id),
    };
    const files = await outbox.findPayloadFiles(asked, options);
    const known = new Set(files.map(({ jobId, payload }) => `${jobId}/${payload}`));
    for (const { job, id } of found)
      if (!known.has(`${job}/${id}`) && (await scope.job(job).payloads.delete(id, options))) erased++;
  };
  const page: FoundPayload[] = [];
  // A payload's row is there before it, so that none seems to be an orphan.
  for await (const found of scope.payloads(options)) {
    if (found.at >= before) continue;
    page.push(found);
    if (page.length === PAGE) await eraseOrphans(page.splice(0));
  }
  await eraseOrphans(page);
  const abandoned: string[] = [];
  const missing: PayloadFileOfJob[] = [];
  for (let last: PayloadFileOfJob | undefined; ; ) {
    const after = { afterJobId: last?.jobId ?? "", afterPayload: last?.payload ?? "" };
    const files = await outbox.listPayloadFiles(
      { workspaceId: workspace, ...after, pageSize: PAGE },
      options,
    );
    for (const file of files) {
      const payload = await scope.job(file.jobId).payloads.info(file.payload, options);
      if (file.status !== "pending" && payload === null) missing.push(file);
      // A whole payload is confirmed by who goes on with it.
      if (file.status === "pending" && payload === null && new Date(file.createdAt) < before)
        abandoned.push(file.id);
    }
    if (files.length < PAGE) break;
    last = files.at(-1);
  }
  const ids = { workspaceId: workspace, ids: abandoned };
  return {
    erased,
    abandoned: abandoned.length === 0 ? 0 : await outbox.abandonPayloadFiles(ids, options),
    missing,
  };
}

/** Done twice, it is the same. What a later change has overtaken is left to that. */
async function bringAbout<D extends Declarations>(
  documents: Documents<D>,
  outbox: JobDocumentOutbox,
  { workspaceId, jobId, action, documents: first, hasJob }: JobDocumentChange,
  options: QueryOptions | undefined,
): Promise<void> {
  const job = documents.workspace(workspaceId).job(jobId);
  if (action === "erase") {
    if (hasJob) return;
    await job.drop(options);
    await outbox.deletePayloadFiles({ workspaceId, jobId }, options);
    return;
  }
  if (!hasJob) return;
  await job.create(options);
  for (const [name, byId] of Object.entries(fromExtendedJson(first) as FirstDocuments)) {
    const collection = Object.hasOwn(job.collections, name) ? job.collections[name] : undefined;
    if (collection === undefined) throw new RefusedError(`there is no collection ${name}`);
    for (const [id, data] of Object.entries(byId ?? {}))
      await collection.insert(data as never, { ...options, id }).catch(async (error: unknown) => {
        const isThere =
          error instanceof DuplicateDocumentError && (await collection.getRaw(id, options)) !== null;
        if (!isThere) throw error; // Otherwise it was delivered before.
      });
  }
}

/** What a job starts with: data by id, by the name of the collection. */
export type FirstDocuments<D extends Declarations = Declarations> = {
  readonly [K in keyof D]?: Readonly<Record<string, InputOf<D[K]>>>;
};

/**
 * Documents as `startJobWithDocuments` takes them: dates and numbers beyond JSON's keep their type. What no delivery could write is
 * refused here, where the transaction can still be rolled back.
 * @param collections those of the documents that will be delivered to; Solitude's own where they are absent
 * @throws {InvalidDocumentError | RefusedError | DuplicateDocumentError}
 */
export function firstDocuments<D extends Declarations = typeof solitudeCollections>(
  documents: FirstDocuments<D>,
  collections: D = solitudeCollections as unknown as D,
): Record<string, never> {
  const checked: Record<string, Record<string, unknown>> = {};
  for (const [name, byId] of Object.entries(documents)) {
    const declaration = Object.hasOwn(collections, name) ? collections[name] : undefined;
    if (declaration === undefined)
      throw new RefusedError(
        `there is no collection ${name}; one of your own is declared by the second argument`,
      );
    const entries = Object.entries(byId ?? {}).map(([id, data]): [string, unknown] => {
      checkId(id);
      return [id, validate(declaration, data)];
    });
    refuseDuplicates(
      declaration,
      entries.map(([, data]) => data),
    );
    checked[name] = Object.fromEntries(entries);
  }
  return toExtendedJson(checked) as Record<string, never>;
}

/** @throws {DuplicateDocumentError} where two have the same values of a unique index */
function refuseDuplicates({ kind, indexes }: Declaration, all: readonly unknown[]): void {
  for (const { name, fields, unique } of indexes) {
    if (!unique) continue;
    const seen = new Set<string>();
    for (const data of all) {
      const keys = keysOf(fields.map(([path]) => valuesAt({ data }, path.split("."))));
      if (keys.some((key) => seen.has(key)))
        throw new DuplicateDocumentError(
          `two of the first ${kind} documents are the same (unique index ${name})`,
          name,
          undefined,
        );
      for (const key of keys) seen.add(key);
    }
  }
}

/** Gives the keys of a unique index for a document that has these values of its fields: none where it has none of one. */
function keysOf(values: readonly (readonly unknown[])[]): string[] {
  // Which of two arrays' elements belong together, the server knows.
  if (values.filter(({ length }) => length > 1).length > 1) return [];
  const keys = values.reduce<unknown[][]>(
    (shorter, some) => shorter.flatMap((key) => some.map((value) => [...key, value])),
    [[]],
  );
  return keys.map(toToken);
}

/** The values at a path, of arrays each element's: a document is in an index under each of them. */
function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [step, ...below] = path;
  if (Array.isArray(value)) {
    if (step === undefined) return value;
    const at = /^\d+$/.test(step) ? valuesAt(value[Number(step)], below) : [];
    return [...at, ...value.flatMap((each) => (isPlain(each) ? valuesAt(each, path) : []))];
  }
  if (step === undefined) return value === undefined ? [] : [value];
  return isPlain(value) && Object.hasOwn(value, step) ? valuesAt(value[step], below) : [];
}
