import { randomBytes } from "node:crypto";
import { BSON } from "mongodb";
import { SEALED_BYTES, seal, unseal } from "./aes-gcm.ts";
import type { Envelope } from "./envelope.ts";
import { KeyProviderError } from "./errors.ts";
import type { Scope } from "./layout.ts";
import { restoreReferences } from "./values.ts";

/** A data key as it stands beside what it encrypts: only the provider can open it. */
export interface WrappedKey {
  /** The provider's key that has wrapped it: 1 to 255 bytes of UTF-8. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

/**
 * Wraps the keys that encrypt fields: a key management service, or `localKeys`. What it throws ends the operation as a
 * KeyProviderError.
 */
export interface KeyProvider {
  /** Wraps 32 bytes under the key that the workspace has now. A rotation is that it takes another one. */
  wrap(key: Uint8Array, workspace: string): Promise<WrappedKey>;
  /** Opens one; null where its key has been destroyed, and what it encrypts is lost for good. */
  unwrap(key: WrappedKey, workspace: string): Promise<Uint8Array | null>;
}

/** Encrypts and decrypts the fields of one kind in one job. */
export interface FieldEncryption {
  readonly fields: readonly string[];
  /** The document with its fields encrypted. */
  encrypt(id: string, data: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** The stored document with its fields decrypted; one whose key was destroyed stays as it is. */
  decrypt<T extends Pick<Envelope, "_id" | "data">>(stored: T): Promise<T>;
  /** Has the provider wrap a new key, under what is current there now. */
  renewKey(): Promise<void>;
  /** Tells whether a stored document has something that is not encrypted, or is under another key than the current. */
  isOutdated(stored: Pick<Envelope, "data">): Promise<boolean>;
}

/** One process's memory of data keys, for all workspaces. */
export interface DataKeys {
  /** To encrypt with: made anew now and then, so that a rotation is followed. */
  current(workspace: string, anew?: boolean): Promise<OpenKey>;
  open(wrapped: WrappedKey, workspace: string): Promise<Uint8Array | null>;
}

interface OpenKey extends WrappedKey {
  readonly key: Uint8Array;
}

/** BSON's first subtype for users' own. Reading does not give it: the driver makes a Buffer of every subtype. */
const SUBTYPE = BSON.Binary.SUBTYPE_USER_DEFINED;
/** What no other bytes begin with, then the format's number. */
const MAGIC = Buffer.from("a93f5cd1e07b4286", "hex");
const FORMAT = 1;
const HEAD_BYTES = MAGIC.length + 4;
const KEY_BYTES = 32;
/** Random nonces of 96 bits are safe for 2^32 values under one key. */
const USES_OF_A_KEY = 2 ** 24;
const KEY_LIVES_MS = 15 * 60_000;
const REMEMBERED = 10_000;

export function createDataKeys(provider: KeyProvider): DataKeys {
  const currents = new Map<string, { key: Promise<OpenKey>; uses: number; until: number }>();
  const opened = new Map<string, Promise<Uint8Array | null>>();

  const asked = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new KeyProviderError(`the key provider could not ${what} a key`, { cause: error });
    }
  };
  const make = async (workspace: string): Promise<OpenKey> => {
    const key = randomBytes(KEY_BYTES);
    const wrapped = await asked("wrap", () => provider.wrap(key, workspace));
    const bytes = Buffer.byteLength(wrapped.keyId);
    if (bytes < 1 || bytes > 0xff || wrapped.wrapped.length > 0xffff)
      throw new KeyProviderError("a wrapped key has an id of 1 to 255 bytes, and 64 KiB at most");
    return { key, ...wrapped };
  };
  return {
    current(workspace, anew = false) {
      const known = currents.get(workspace);
      if (!anew && known !== undefined && known.uses++ < USES_OF_A_KEY && performance.now() < known.until)
        return known.key;
      const key = make(workspace);
      remember(currents, workspace, { key, uses: 1, until: performance.now() + KEY_LIVES_MS });
      key.catch(() => currents.delete(workspace));
      return key;
    },
    open(wrapped, workspace) {
      const name = `${workspace}/${wrapped.keyId}/${Buffer.from(wrapped.wrapped).toString("base64")}`;
      let key = opened.get(name);
      if (key === undefined) {
        key = asked("unwrap", () => provider.unwrap(wrapped, workspace));
        remember(opened, name, key);
        // What failed, or is said to be gone, is asked for again.
        key.then(
          (bytes) => bytes === null && opened.delete(name),
          () => opened.delete(name),
        );
      }
      return key;
    },
  };
}

function remember<V>(known: Map<string, V>, name: string, value: V): void {
  known.delete(name);
  known.set(name, value);
  const [oldest] = known.keys();
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
}

/** @param prefix what stands before a document's own id in the database */
export function createFieldEncryption(
  keys: DataKeys,
  fields: readonly string[],
  { workspace, job, kind }: Scope,
  prefix: string,
): FieldEncryption {
  // What is encrypted can be read in its own place only.
  const placeOf = (id: string, field: string) =>
    Buffer.from(JSON.stringify([workspace, job, kind, id, field]));
  return {
    fields,
    async encrypt(id, data) {
      const result: Record<string, unknown> = { ...data };
      for (const field of fields) {
        if (result[field] === undefined) continue;
        const { key, ...wrapped } = await keys.current(workspace);
        const plain = BSON.serialize({ value: result[field] });
        result[field] = enclose(plain, key, wrapped, placeOf(id, field));
      }
      return result;
    },
    async decrypt(stored) {
      let data: Record<string, unknown> | undefined;
      for (const field of fields) {
        const value = stored.data?.[field];
        if (!isEncrypted(value)) continue;
        const parts = partsOf(value);
        if (parts === undefined) {
          closed.set(value, "it was encrypted by a release that this one does not know");
          continue;
        }
        const key = await keys.open(parts.wrapped, workspace);
        if (key === null) {
          closed.set(value, "its key has been destroyed");
          continue;
        }
        const opened = disclose(parts.sealed, key, placeOf(stored._id.slice(prefix.length), field));
        if (opened === undefined) {
          closed.set(value, "its ciphertext was changed, or is another document's");
          continue;
        }
        data ??= { ...stored.data };
        data[field] = opened.value;
      }
      return data === undefined ? stored : { ...stored, data };
    },
    async renewKey() {
      await keys.current(workspace, true);
    },
    async isOutdated(stored) {
      const values = fields.map((field) => stored.data?.[field]).filter((value) => value !== undefined);
      if (!values.every(isEncrypted)) return true;
      const { keyId } = await keys.current(workspace);
      return values.some((value) => partsOf(value)?.wrapped.keyId !== keyId);
    },
  };
}

/** Why values could not be decrypted. */
const closed = new WeakMap<Uint8Array, string>();

/** Says why a value that is encrypted could not be decrypted. */
export function whyClosed(value: Uint8Array): string {
  return closed.get(value) ?? "it is encrypted, and its declaration does not say so";
}

/** Tells whether a stored value is encrypted, and was not decrypted. */
export function isEncrypted(value: unknown): value is Buffer {
  return Buffer.isBuffer(value) && value.subarray(0, MAGIC.length).equals(MAGIC);
}

function enclose(
  plain: Uint8Array,
  key: Uint8Array,
  { keyId, wrapped }: WrappedKey,
  place: Buffer,
): BSON.Binary {
  const id = Buffer.from(keyId);
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt8(FORMAT, MAGIC.length);
  head.writeUInt8(id.length, MAGIC.length + 1);
  head.writeUInt16BE(wrapped.length, MAGIC.length + 2);
  return new BSON.Binary(Buffer.concat([head, id, wrapped, seal(plain, key, place)]), SUBTYPE);
}

interface Parts {
  readonly wrapped: WrappedKey;
  readonly sealed: Buffer;
}

/** undefined where it has another form than ours. */
function partsOf(bytes: Buffer): Parts | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt8(MAGIC.length) !== FORMAT) return undefined;
  const endOfId = HEAD_BYTES + bytes.readUInt8(MAGIC.length + 1);
  const endOfKey = endOfId + bytes.readUInt16BE(MAGIC.length + 2);
  const keyId = bytes.subarray(HEAD_BYTES, endOfId).toString();
  const sealed = bytes.subarray(endOfKey);
  if (sealed.length < SEALED_BYTES) return undefined;
  return { wrapped: { keyId, wrapped: bytes.subarray(endOfId, endOfKey) }, sealed };
}

/** undefined where it is not what was encrypted under that key in that place. */
function disclose(sealed: Buffer, key: Uint8Array, place: Buffer): { readonly value: unknown } | undefined {
  let plain: Buffer;
  try {
    plain = unseal(sealed, key, place);
  } catch {
    return undefined;
  }
  const { value } = BSON.deserialize(plain, { promoteBuffers: true, useBigInt64: true });
  return { value: restoreReferences(value) };
}
