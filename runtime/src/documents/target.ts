import { type ClientSession, type Collection, type MongoClient, MongoServerError } from "mongodb";
import { DatabaseError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import type { Outcome, Telemetry } from "../telemetry/telemetry.ts";
import type { Call, Caller, Limits } from "./call.ts";
import type { Declaration } from "./declaration.ts";
import { encryptCollection } from "./encrypted-collection.ts";
import type { Envelope } from "./envelope.ts";
import { DocumentConflictError } from "./errors.ts";
import { createFieldEncryption, type DataKeys, type FieldEncryption } from "./field-encryption.ts";
import type { Layout, Place, Scope } from "./layout.ts";
import type { Provision } from "./provision.ts";
import type { Quotas, Undoable, Usage } from "./quota.ts";
import { REFUSED_BY_VALIDATOR } from "./tombstone.ts";

/** What all scopes of one accessor share. */
export interface Store {
  readonly client: MongoClient;
  readonly layout: Layout;
  readonly declarations: readonly Declaration[];
  readonly caller: Caller;
  readonly telemetry: Telemetry;
  readonly provision: Provision;
  /** Where a declaration encrypts fields. */
  readonly keys: DataKeys | undefined;
  /** Where workspaces have quotas. */
  readonly quotas: Quotas | undefined;
}

/** A transaction under way: its operations run one after the other, as the server demands. */
export interface TransactionContext extends Undoable {
  readonly session: ClientSession;
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** The documents of one kind in one job, and all that is needed to work on them. */
export interface Target {
  readonly store: Store;
  readonly scope: Scope;
  readonly place: Place;
  readonly declaration: Declaration;
  readonly handle: Collection<Envelope>;
  readonly transaction: TransactionContext | undefined;
  /** Where the declaration encrypts fields: done already in all that `handle` takes and gives, but for changes and aggregates. */
  readonly encryption: FieldEncryption | undefined;
}

export function createTarget(
  store: Store,
  scope: Scope,
  declaration: Declaration,
  transaction: TransactionContext | undefined,
): Target {
  const place = store.layout.place(scope);
  const plain = store.client.db(place.database).collection<Envelope>(place.collection);
  const { encrypt } = declaration;
  const encryption =
    store.keys === undefined || encrypt.length === 0
      ? undefined
      : createFieldEncryption(store.keys, encrypt, scope, place.prefix);
  const handle = encryption === undefined ? plain : encryptCollection(plain, encryption, place.prefix);
  return { store, scope, place, declaration, handle, transaction, encryption };
}

/** Options for the driver: the limits, and the session where there is one. */
export type DriverOptions = Limits & { readonly session?: ClientSession };

export function read<T>(
  target: Target,
  operation: string,
  options: QueryOptions | undefined,
  work: (options: DriverOptions) => Promise<T>,
  rows?: (result: T) => number | undefined,
): Promise<T> {
  const outcome = rows === undefined ? undefined : (result: T) => ({ rows: rows(result) });
  return perform(target, callOf(target, operation, false), options, work, outcome);
}

interface WriteDetails<T> extends Pick<Call, "batchSize" | "several"> {
  readonly outcome?: (result: T) => Outcome;
  /** What it adds to what the workspace has, at most. */
  readonly adds?: () => Partial<Usage>;
  /** Looks, once it has failed, for what it has written itself; undefined where there is nothing of it. */
  readonly find?: (error: unknown) => Promise<T | undefined>;
}

/** Makes the collection first where this process has not. */
export function write<T>(
  target: Target,
  operation: string,
  options: QueryOptions | undefined,
  work: (options: DriverOptions) => Promise<T>,
  { adds, ...more }: WriteDetails<T> = {},
): Promise<T> {
  const { quotas } = target.store;
  const writing = () => writeWithin(target, operation, options, work, more);
  if (quotas === undefined) return writing();
  if (adds !== undefined) return quotas.within(target.scope, adds, options, writing, target.transaction);
  return writing().finally(() => quotas.freed(target.scope.workspace));
}

function writeWithin<T>(
  target: Target,
  operation: string,
  options: QueryOptions | undefined,
  work: (options: DriverOptions) => Promise<T>,
  { outcome, find, ...more }: Omit<WriteDetails<T>, "adds">,
): Promise<T> {
  const { store, place, declaration } = target;
  const call = { ...callOf(target, operation, true), ...more };
  const start = async () => {
    const result = await perform(target, call, options, work, outcome);
    if (target.transaction === undefined) store.provision.lookAfterwards(place, declaration);
    return result;
  };
  const attempt = () =>
    store.provision.isDone(place) ? start() : store.provision.ensure(place, declaration, options).then(start);
  return attempt().catch(async (error: unknown) => {
    const found = target.transaction === undefined ? await find?.(error) : undefined;
    if (found !== undefined) return found;
    if (!isRefusal(error) || !(await store.provision.wasDropped(place))) throw error;
    if (target.transaction === undefined) return attempt();
    // The server has aborted it; the driver runs it again, and then the collection is made first.
    const cause = new MongoServerError({ message: "the collection was dropped", errorLabels: [TRANSIENT] });
    throw new DocumentConflictError(
      `${operation} ${declaration.kind}: the job was dropped`,
      undefined,
      cause,
    );
  });
}

const TRANSIENT = "TransientTransactionError";

/** Tells whether it is what a tombstone says to a write. Nothing was written: there was nothing to write to. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  const { cause } = error;
  return cause instanceof MongoServerError && cause.code === REFUSED_BY_VALIDATOR;
}

export function callOf({ declaration, place }: Target, operation: string, write: boolean): Call {
  const { collection, database: namespace } = place;
  return { operation, kind: declaration.kind, collection, namespace, write };
}

function perform<T>(
  { store, transaction }: Target,
  call: Call,
  options: QueryOptions | undefined,
  work: (options: DriverOptions) => Promise<T>,
  outcome?: (result: T) => Outcome,
): Promise<T> {
  const within = (more: DriverOptions) => (limits: Limits, untilSent: Limits) =>
    work({ ...(call.write ? untilSent : limits), ...more });
  if (transaction === undefined) return store.caller.run(call, options, within({}), outcome);
  const { session } = transaction;
  const part = { ...call, inTransaction: true };
  return transaction.run(() => store.caller.run(part, options, within({ session }), outcome));
}
