import type { UpdateFilter } from "mongodb";
import type { QueryOptions } from "../statement.ts";
import { validate } from "./data.ts";
import type { StoredDocument } from "./declaration.ts";
import { contentOf, decode, type Envelope, keyOf, newId, revisionOf } from "./envelope.ts";
import {
  DocumentConflictError,
  DocumentNotFoundError,
  DuplicateDocumentError,
  InvalidDocumentError,
} from "./errors.ts";
import { within } from "./filter.ts";
import { read, type Target, write } from "./target.ts";

export interface InsertOptions extends QueryOptions {
  /** Otherwise a new one is made, which sorts behind those made before it. */
  readonly id?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

export interface WriteOptions extends QueryOptions {
  /** The one that was read: where the document has another by now, nothing is written. */
  readonly revision?: string | undefined;
  /** null takes it away; where it is absent, it stays as it is. */
  readonly expiresAt?: Date | null | undefined;
}

export interface UpdateOptions extends WriteOptions {
  /** How often to read and change it anew where somebody else has written in between; 1 where it is absent. */
  readonly attempts?: number | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the class that uses these has the types
type Any = any;
type Data = Record<string, unknown>;

export async function insert(
  target: Target,
  input: unknown,
  { id = newId(), expiresAt, ...options }: InsertOptions = {},
): Promise<StoredDocument<Any>> {
  const { declaration, handle } = target;
  const stored = newEnvelope(target, id, validate(declaration, input), expiresAt);
  await write(target, "insert", options, (driver) => handle.insertOne(stored, driver));
  return given(id, stored);
}

export function newEnvelope(
  { declaration, place }: Target,
  id: string,
  data: Data,
  expiresAt?: Date,
): Envelope {
  const now = new Date();
  const content = contentOf(declaration, data, { expiresAt }, now);
  return { _id: keyOf(place, id), ...place.fields, createdAt: now, ...content };
}

export async function upsert(
  target: Target,
  id: string,
  input: unknown,
  options: WriteOptions = {},
): Promise<StoredDocument<Any>> {
  const data = validate(target.declaration, input);
  if (options.revision !== undefined) return set(target, id, data, options);
  const key = keyOf(target.place, id);
  const { content, change } = changeOf(target, data, options);
  const upserting = () =>
    write(target, "findAndModify", options, (driver) =>
      target.handle.findOneAndUpdate(
        { _id: key },
        { ...change, $setOnInsert: { createdAt: content.updatedAt, ...target.place.fields } },
        { ...driver, upsert: true, returnDocument: "after" },
      ),
    );
  const after = await upserting().catch((error: unknown) => {
    // Two upserts have found nothing at the same time; now there is something to find.
    const raced = error instanceof DuplicateDocumentError && error.index === undefined;
    if (!raced || target.transaction !== undefined) throw error;
    return upserting();
  });
  return given(id, { ...(after as Envelope), ...content });
}

export async function replace(
  target: Target,
  id: string,
  input: unknown,
  options: WriteOptions = {},
): Promise<StoredDocument<Any>> {
  return set(target, id, validate(target.declaration, input), options);
}

export async function update(
  target: Target,
  id: string,
  change: Data | ((data: Any) => unknown),
  { attempts = 1, ...options }: UpdateOptions = {},
): Promise<StoredDocument<Any>> {
  const { declaration, place, handle } = target;
  const key = keyOf(place, id);
  for (let attempt = 1; ; attempt++) {
    const stored = await read(target, "find", options, (driver) => handle.findOne({ _id: key }, driver));
    if (stored === null) throw notFound(target, id);
    if (revisionOf(options) !== undefined && stored.revision !== options.revision) throw conflict(target, id);
    const { data, revision } = decode(declaration, place, stored as Envelope);
    const changed = typeof change === "function" ? await change(data) : { ...(data as Data), ...change };
    try {
      const checked = validate(declaration, changed);
      return await set(target, id, checked, { ...options, revision }, stored as Envelope);
    } catch (error) {
      if (!(error instanceof DocumentConflictError) || attempt >= attempts || options.revision !== undefined)
        throw error;
    }
  }
}

/** `known` is what was read under the revision, where something was. */
async function set(
  target: Target,
  id: string,
  data: Data,
  options: WriteOptions,
  known?: Envelope,
): Promise<StoredDocument<Any>> {
  const key = keyOf(target.place, id);
  const revision = revisionOf(options);
  const { content, change } = changeOf(target, data, options);
  const filter = revision === undefined ? { _id: key } : { _id: key, revision };
  if (known !== undefined) {
    const { matchedCount } = await write(target, "update", options, (driver) =>
      target.handle.updateOne(filter, change, driver),
    );
    if (matchedCount === 0) throw await missed(target, id, options);
    const { expiresAt, ...kept } = known;
    const expiry = options.expiresAt === undefined && expiresAt !== undefined ? { expiresAt } : {};
    return given(id, { ...kept, ...expiry, ...content });
  }
  const after = await write(target, "findAndModify", options, (driver) =>
    target.handle.findOneAndUpdate(filter, change, { ...driver, returnDocument: "after" }),
  );
  if (after === null) throw await missed(target, id, options);
  return given(id, { ...(after as Envelope), ...content });
}

export function changeOf({ declaration }: Target, data: Data, { expiresAt }: WriteOptions) {
  const content = contentOf(declaration, data, { expiresAt: expiresAt ?? undefined }, new Date());
  const change: UpdateFilter<Envelope> =
    expiresAt === null ? { $set: content, $unset: { expiresAt: "" } } : { $set: content };
  return { content, change };
}

export async function remove(
  target: Target,
  id: string,
  { revision, ...options }: QueryOptions & { readonly revision?: string | undefined } = {},
): Promise<boolean> {
  const key = keyOf(target.place, id);
  revisionOf({ revision });
  const { deletedCount } = await write(target, "delete", options, (driver) =>
    target.handle.deleteOne(revision === undefined ? { _id: key } : { _id: key, revision }, driver),
  );
  if (deletedCount > 0) return true;
  if (revision !== undefined && (await exists(target, id, options))) throw conflict(target, id);
  return false;
}

export async function removeMany(
  target: Target,
  filter: unknown,
  options: QueryOptions | undefined,
): Promise<number> {
  const wanted = within(target.place, filter);
  const { deletedCount } = await write(target, "delete", options, (driver) =>
    target.handle.deleteMany(wanted, driver),
  );
  return deletedCount;
}

/** Writes documents of older versions anew; gives how many. One that somebody else writes meanwhile is left to them. */
export async function rewriteOlder(target: Target, options: QueryOptions | undefined): Promise<number> {
  const { declaration, place, handle } = target;
  const older = within(place, { version: { $lt: declaration.version } });
  let rewritten = 0;
  let invalid: InvalidDocumentError | undefined;
  for await (const stored of target.store.caller.stream(
    { operation: "find", kind: declaration.kind, collection: place.collection, write: false },
    options,
    (limits) => handle.find(older, limits),
  )) {
    try {
      const { id, data, revision } = decode(declaration, place, stored as Envelope);
      await set(target, id, data, { ...options, revision }, stored as Envelope);
      rewritten++;
    } catch (error) {
      if (error instanceof InvalidDocumentError) invalid ??= error;
      else if (!(error instanceof DocumentConflictError || error instanceof DocumentNotFoundError))
        throw error;
    }
  }
  if (invalid !== undefined) throw invalid;
  return rewritten;
}

function given(
  id: string,
  { revision, createdAt, updatedAt, expiresAt, data }: Envelope,
): StoredDocument<Any> {
  const document = { id, revision, createdAt, updatedAt, data };
  return expiresAt === undefined ? document : { ...document, expiresAt };
}

async function missed(target: Target, id: string, { revision, ...options }: WriteOptions): Promise<Error> {
  return revision !== undefined && (await exists(target, id, options))
    ? conflict(target, id)
    : notFound(target, id);
}

async function exists({ ...target }: Target, id: string, options: QueryOptions): Promise<boolean> {
  const key = keyOf(target.place, id);
  const found = await read(target, "find", options, (driver) =>
    target.handle.findOne({ _id: key }, { ...driver, projection: { _id: 1 } }),
  );
  return found !== null;
}

export function conflict({ declaration }: Target, id: string): DocumentConflictError {
  return new DocumentConflictError(
    `the ${declaration.kind} document has been written by somebody else since it was read; nothing was written`,
    id,
  );
}

export function notFound({ declaration }: Target, id: string): DocumentNotFoundError {
  return new DocumentNotFoundError(`there is no such ${declaration.kind} document`, id);
}
