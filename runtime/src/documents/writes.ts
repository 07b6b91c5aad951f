import { type Filter as DriverFilter, MongoServerError, type UpdateFilter } from "mongodb";
import type { QueryOptions } from "../statement.ts";
import type { Limits, Timed } from "./call.ts";
import { validate } from "./data.ts";
import type { StoredDocument } from "./declaration.ts";
import { branchesOf, fieldsOf } from "./document-schema.ts";
import { contentOf, decodeBeside, type Envelope, keyOf, newId, revisionOf, tooNew } from "./envelope.ts";
import {
  DocumentConflictError,
  DocumentNotFoundError,
  DocumentTooNewError,
  DuplicateDocumentError,
  InvalidDocumentError,
} from "./errors.ts";
import { oneFilter, scopeFilter, within } from "./filter.ts";
import { bytesOf, sizeOf, type Usage } from "./quota.ts";
import { getRaw } from "./reads.ts";
import { callOf, read, type Target, write } from "./target.ts";
import { PATH_NOT_VIABLE } from "./translate.ts";
import { keepUnknown } from "./unknown-fields.ts";
import type { RawDocument } from "./unreadable.ts";
import { copyPlain, isPlain } from "./values.ts";

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
  await write<unknown>(target, "insert", options, (driver) => handle.insertOne(stored, driver), {
    adds: () => sizeOf(stored),
    find: async (error) => {
      if (!isThere(error)) return undefined;
      const found = await storedNow(target, id, options);
      return isOwn(found, stored) ? found : undefined;
    },
  });
  return given(id, stored);
}

/** Tells whether there is a document of that id, as far as the server says. */
export function isThere(error: unknown): boolean {
  return error instanceof DuplicateDocumentError && error.index === undefined;
}

/**
 * Tells whether what is stored is what this very write has stored: where the answer is lost, the driver sends it once more, and a server
 * that has forgotten the first, having been killed, answers the second as if somebody else had written.
 */
export function isOwn(
  stored: Pick<Envelope, "revision"> | undefined,
  { revision }: Pick<Envelope, "revision">,
): boolean {
  return stored?.revision === revision;
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
  const replacement = replacementOf(target, data, options);
  const { content } = replacement;
  const $setOnInsert = { createdAt: content.updatedAt, ...target.place.fields };
  const ways = replacementsIn(target, key, replacement).map((way, index, { length }) => {
    if (index < length - 1) return way;
    const { filter, change, whole = change } = way;
    return {
      filter,
      change: { ...change, $setOnInsert },
      whole: { ...whole, $setOnInsert },
      upsert: true,
    };
  });
  for (let attempt = 1; ; attempt++) {
    try {
      const after = await changeFirst(target, ways, options, () => sizeOf(content));
      return given(id, { ...(after as Envelope), ...content });
    } catch (error) {
      // Two upserts have found nothing at the same time, and now there is something to find; or a newer release's is there.
      if (!isThere(error) || target.transaction !== undefined || attempt === UPSERTS_AT_ONCE) throw error;
      const { version } = (await storedNow(target, id, options)) ?? {};
      if (version !== undefined && version > target.declaration.version)
        throw tooNew(target.declaration, id, version);
    }
  }
}

/** As often as others may insert the document and delete it again, each time between two commands of one upsert. */
const UPSERTS_AT_ONCE = 5;

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
    const stored = await read(target, "find", options, (driver) =>
      handle.findOne(oneFilter(place, key), driver),
    );
    if (stored === null) throw notFound(target, id);
    if (revisionOf(options) !== undefined && stored.revision !== options.revision) throw conflict(target, id);
    const known = decodeBeside(declaration, place, stored as Envelope);
    const { data, revision } = known.document;
    // Whoever changes it in place would change what the result is compared with.
    const changed =
      typeof change === "function" ? await change(copyPlain(data)) : { ...(data as Data), ...change };
    try {
      const checked = validate(declaration, changed);
      return await setKnown(target, id, checked, { ...options, revision }, stored as Envelope, known);
    } catch (error) {
      if (!(error instanceof DocumentConflictError) || attempt >= attempts || options.revision !== undefined)
        throw error;
    }
  }
}

/** Replaces what is there, without having read it. */
async function set(
  target: Target,
  id: string,
  data: Data,
  options: WriteOptions,
): Promise<StoredDocument<Any>> {
  const key = keyOf(target.place, id);
  const revision = revisionOf(options);
  const replacement = replacementOf(target, data, options);
  const ways = replacementsIn(target, key, replacement).map(({ filter, ...way }) => ({
    filter: revision === undefined ? filter : { ...filter, revision },
    ...way,
  }));
  return putInPlace(target, id, ways, replacement.content, options);
}

/** Replaces what the first filter finds that finds something, and gives what is stored then. @throws what `missed` says where none does */
async function putInPlace(
  target: Target,
  id: string,
  ways: readonly Way[],
  content: Content,
  options: WriteOptions,
): Promise<StoredDocument<Any>> {
  const after = await changeFirst(target, ways, options, () => ({ bytes: bytesOf(content) }));
  if (after !== null) return given(id, { ...after, ...content });
  const stored = await storedNow(target, id, options);
  if (stored !== undefined && isOwn(stored, content)) return given(id, { ...stored, ...content });
  // Of several ways none has found it, where it has got another version between them.
  throw missed(target, id, stored, options, ways.length > 1);
}

/** Writes the whole of a document that was read under the revision; fields that only other releases know are kept. */
async function setKnown(
  target: Target,
  id: string,
  data: Data,
  options: WriteOptions,
  stored: Envelope,
  known: { readonly document: StoredDocument<Any>; readonly data: unknown },
): Promise<StoredDocument<Any>> {
  const key = keyOf(target.place, id);
  const { content } = contentFor(target, data, options);
  const kept = keepUnknown(known.data, known.document.data, data) as Data;
  const change = changeOf({ ...content, data: kept }, options);
  const { matchedCount } = await write(
    target,
    "update",
    options,
    (driver) =>
      target.handle.updateOne(
        { ...oneFilter(target.place, key), revision: options.revision as string },
        change,
        driver,
      ),
    { adds: () => ({ bytes: Math.max(0, bytesOf({ data: kept }) - bytesOf({ data: stored.data })) }) },
  );
  if (matchedCount === 0) {
    const now = await storedNow(target, id, options);
    if (!isOwn(now, content)) throw missed(target, id, now, options);
  }
  const { expiresAt, ...rest } = stored;
  const expiry = options.expiresAt === undefined && expiresAt !== undefined ? { expiresAt } : {};
  return given(id, { ...rest, ...expiry, ...content });
}

function contentFor({ declaration }: Target, data: Data, { expiresAt }: WriteOptions) {
  return { content: contentOf(declaration, data, { expiresAt: expiresAt ?? undefined }, new Date()) };
}

function changeOf(content: object, { expiresAt }: WriteOptions): UpdateFilter<Envelope> {
  return expiresAt === null ? { $set: content, $unset: { expiresAt: "" } } : { $set: content };
}

/** A change, and the documents that it is for. */
interface Way {
  readonly filter: DriverFilter<Envelope>;
  readonly change: UpdateFilter<Envelope>;
  /** What is done where the data are no object into which anything could be put: somebody else has written that. */
  readonly whole?: UpdateFilter<Envelope>;
  /** Whether it makes one where there is none. */
  readonly upsert?: boolean;
}

/** Goes the first way that finds a document, and gives what is stored then; null where none does. */
async function changeFirst(
  target: Target,
  ways: readonly Way[],
  options: QueryOptions,
  adds: () => Partial<Usage>,
): Promise<Envelope | null> {
  for (const { filter, change, whole, upsert = false } of ways) {
    const put = (change: UpdateFilter<Envelope>): Promise<unknown> =>
      write(
        target,
        "findAndModify",
        options,
        (driver) =>
          target.handle.findOneAndUpdate(filter, change, {
            ...driver,
            ...(upsert && { upsert }),
            returnDocument: "after",
          }),
        { adds },
      );
    const after = await put(change).catch((error: unknown) => {
      // The error has aborted a transaction.
      if (whole === undefined || target.transaction !== undefined || !isNotViable(error)) throw error;
      return put(whole);
    });
    if (after !== null) return after as Envelope;
  }
  return null;
}

type Content = ReturnType<typeof contentFor>["content"];

interface Replacement {
  readonly content: Content;
  /** For a document of the same version. */
  readonly change: UpdateFilter<Envelope>;
  /** For one of an older version. */
  readonly whole: UpdateFilter<Envelope>;
}

/**
 * The ways to put a replacement in a document's place, of which one finds it: by its version. What a newer release has written, this
 * one cannot know, and does not overwrite. The last is the one for a document that is not there.
 */
export function replacementsIn(
  { declaration: { version }, place }: Target,
  key: string,
  { change, whole }: Replacement,
): readonly Way[] {
  const one = oneFilter(place, key);
  if (version === 1 || change === whole)
    return [{ filter: { ...one, version: { $not: { $gt: version } } }, change, whole }];
  return [
    { filter: { ...one, version }, change, whole },
    { filter: { ...one, version: { $not: { $gte: version } } }, change: whole },
  ];
}

/**
 * The change that replaces a document's data. Fields that are not declared are another release's, and stay; where the schema
 * itself says what becomes of them, the whole is replaced, and so is what an older version's fields are.
 */
export function replacementOf(target: Target, data: Data, options: WriteOptions): Replacement {
  const { content } = contentFor(target, data, options);
  const whole = changeOf(content, options);
  const { schema } = target.declaration;
  const fields = Object.keys(data);
  if (branchesOf(schema).some(({ def }) => def.catchall !== undefined) || fields.length === 0)
    return { content, change: whole, whole };
  const { data: _, ...rest } = content;
  const change = changeOf(
    { ...rest, ...Object.fromEntries(fields.map((field) => [`data.${field}`, data[field]])) },
    options,
  );
  const absent = [...fieldsOf(schema)].filter((field) => !Object.hasOwn(data, field));
  if (absent.length > 0)
    change.$unset = { ...change.$unset, ...Object.fromEntries(absent.map((field) => [`data.${field}`, ""])) };
  return { content, change, whole };
}

export async function remove(
  target: Target,
  id: string,
  { revision, ...options }: QueryOptions & { readonly revision?: string | undefined } = {},
): Promise<boolean> {
  const key = keyOf(target.place, id);
  revisionOf({ revision });
  const { deletedCount } = await write(target, "delete", options, (driver) =>
    target.handle.deleteOne(
      { ...oneFilter(target.place, key), ...(revision === undefined ? {} : { revision }) },
      driver,
    ),
  );
  if (deletedCount > 0) return true;
  if (revision !== undefined && (await storedNow(target, id, options)) !== undefined)
    throw conflict(target, id);
  return false;
}

export async function removeMany(
  target: Target,
  filter: unknown,
  options: QueryOptions | undefined,
): Promise<number> {
  const wanted = within(target, filter);
  const { deletedCount } = await write(
    target,
    "delete",
    options,
    (driver) => target.handle.deleteMany(wanted, driver),
    { several: true },
  );
  return deletedCount;
}

/** Writes documents of older versions anew; gives how many. One that somebody else writes meanwhile is left to them. */
export function rewriteOlder(target: Target, options: QueryOptions | undefined): Promise<number> {
  const older = within(target, { version: { $lt: target.declaration.version } });
  const open = (limits: Limits) => target.handle.find(older, limits);
  return rewrite(target, open as never, async (stored) => stored, options);
}

/** Writes documents anew that are in the clear or under another key than the current; gives how many. */
export async function reencrypt(target: Target, options: QueryOptions | undefined): Promise<number> {
  const { encryption, handle, place } = target;
  if (encryption === undefined) return 0;
  await encryption.renewKey();
  // An aggregate gives what is stored as it is.
  const open = (limits: Limits) => handle.aggregate<Envelope>([{ $match: scopeFilter(place) }], limits);
  const outdated = async (stored: Envelope) =>
    (await encryption.isOutdated(stored)) ? encryption.decrypt(stored) : undefined;
  return rewrite(target, open, outdated, options);
}

async function rewrite(
  target: Target,
  open: (limits: Limits) => AsyncIterable<Envelope> & { close(): Promise<void> },
  choose: (stored: Envelope) => Promise<Envelope | undefined>,
  options: QueryOptions | undefined,
): Promise<number> {
  const { declaration, place, store } = target;
  let rewritten = 0;
  let invalid: InvalidDocumentError | undefined;
  for await (const each of store.caller.stream(callOf(target, "find", false), options, open)) {
    const stored = await choose(each);
    if (stored === undefined) continue;
    try {
      const known = decodeBeside(declaration, place, stored);
      const { id, data, revision } = known.document;
      await setKnown(target, id, data, { ...options, revision }, stored, known);
      rewritten++;
    } catch (error) {
      if (error instanceof InvalidDocumentError) invalid ??= error;
      else if (
        !(error instanceof DocumentConflictError || error instanceof DocumentNotFoundError) &&
        !(error instanceof DocumentTooNewError)
      )
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

/** The error of a write that has found nothing to write to. @param stored what is there */
function missed(
  target: Target,
  id: string,
  stored: Pick<Envelope, "version"> | undefined,
  { revision }: WriteOptions,
  mayHaveChanged = false,
): Error {
  if (stored === undefined) return notFound(target, id);
  const { version } = stored;
  if (version > target.declaration.version) return tooNew(target.declaration, id, version);
  return revision === undefined && !mayHaveChanged ? notFound(target, id) : conflict(target, id);
}

/** Gives the document that is there, without its data. */
async function storedNow(target: Target, id: string, options: QueryOptions): Promise<Envelope | undefined> {
  const key = keyOf(target.place, id);
  const { signal, timeout, until } = options as Timed;
  const found = await read(target, "find", { signal, timeout, until } as Timed, (driver) =>
    target.handle.findOne(oneFilter(target.place, key), { ...driver, projection: { data: 0 } }),
  );
  return found === null ? undefined : { ...(found as Envelope), version: found.version ?? 0 };
}

/**
 * Writes anew a document that cannot be read: `mend` gets it as it is stored, and gives its data.
 * @throws {DocumentNotFoundError | DocumentConflictError | DocumentTooNewError | InvalidDocumentError}
 */
export async function repair(
  target: Target,
  id: string,
  mend: (document: RawDocument) => unknown,
  options: QueryOptions = {},
): Promise<StoredDocument<Any>> {
  const raw = await getRaw(target, id, options);
  if (raw === null) throw notFound(target, id);
  if (raw.version > target.declaration.version) throw tooNew(target.declaration, id, raw.version);
  const data = validate(target.declaration, await mend(raw));
  const key = keyOf(target.place, id);
  // Fields that are not declared may be another release's of that version.
  const isOfVersion = raw.version === target.declaration.version && isPlain(raw.data);
  // One without a revision has never been written by this accessor.
  const filter = {
    ...oneFilter(target.place, key),
    revision: raw.revision ?? null,
  } as DriverFilter<Envelope>;
  const { content, change, whole } = replacementOf(target, data, {});
  const way = { filter, change: isOfVersion ? change : whole };
  return putInPlace(target, id, [way], content, { ...options, revision: raw.revision });
}

/** Tells whether what is stored there is no object into which a field could be put. */
function isNotViable(error: unknown): boolean {
  if (!(error instanceof InvalidDocumentError)) return false;
  const { cause } = error;
  return cause instanceof MongoServerError && cause.code === PATH_NOT_VIABLE;
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
