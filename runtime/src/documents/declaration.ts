import type { z } from "zod";
import {
  branchesOf,
  type DocumentSchema,
  discriminatorOf,
  fieldsOf,
  type KeyOfAny,
  type OmitOfEach,
} from "./document-schema.ts";
import { DeclarationError } from "./errors.ts";
import { isKind } from "./layout.ts";
import type { PathsBelow } from "./paths.ts";
import { toServerSchema } from "./server-schema.ts";
import { checkStorable } from "./storable.ts";

/** A document as it is read, and, but for its id, as it is stored. */
export interface StoredDocument<T> {
  /** Unique among the documents of its kind and job. */
  readonly id: string;
  /** Another one after every write. */
  readonly revision: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the server may delete it: within some minutes after that time. */
  readonly expiresAt?: Date | undefined;
  readonly data: T;
}

/** What filters, sorts and indexes may name: `createdAt`, `data.status`, `data.owner.email` … */
export type DocumentPath<T> =
  | "revision"
  | "createdAt"
  | "updatedAt"
  | "expiresAt"
  // The whole, where nothing of it is encrypted.
  | ([EncryptedOf<T>] extends [never] ? "data" : never)
  | `data.${PathsBelow<T>}`;

declare const encrypted: unique symbol;

/** Data as the server can compare it: without the fields that are encrypted, whose names it goes with. */
export type Comparable<T, E extends string> = [E] extends [never]
  ? T
  : OmitOfEach<T, E> & { readonly [encrypted]: E };

/** The names of the encrypted fields that went with `Comparable`. */
export type EncryptedOf<Q> = 0 extends 1 & Q
  ? never // Of `any`, none.
  : Q extends { readonly [encrypted]: infer E extends string }
    ? E
    : never;

export interface IndexDeclaration<T> {
  /** Never given to another definition: a changed index gets a new name. */
  readonly name: string;
  readonly fields: { readonly [P in DocumentPath<T>]?: 1 | -1 };
  /** Within a job: two jobs may have the same values. */
  readonly unique?: boolean;
}

/** Makes a document's data of one version into that of the next; gets and gives plain values. */
export type Migration = (data: Record<string, unknown>) => Record<string, unknown>;

export interface DeclarationOptions<S extends DocumentSchema, E extends KeyOfAny<z.output<S>> = never> {
  /** What documents of this declaration are called in the database: 1 to 32 of `a-z 0-9 _`, the first a letter. */
  readonly kind: string;
  /** Of the schema; 1 at first. */
  readonly version: number;
  readonly schema: S;
  /** By the version that it starts from; one for each version before the current. */
  readonly migrations?: Readonly<Record<number, Migration>>;
  readonly indexes?: readonly IndexDeclaration<Comparable<z.output<S>, E>>[];
  /**
   * Fields of the data that are encrypted before they leave the process, under keys of `keys` in `createDocuments`. The server
   * knows whether one is there, and nothing else of it: no filter, sort or index can name it.
   */
  readonly encrypt?: readonly E[];
  /** Its documents may have `expiresAt`: makes the TTL index. */
  readonly expires?: boolean;
}

/** A collection's type, declared once: what is written and read is checked against it here and on the server. */
export interface Declaration<S extends DocumentSchema = DocumentSchema, E extends string = string> {
  readonly kind: string;
  readonly version: number;
  readonly schema: S;
  readonly migrations: Readonly<Record<number, Migration>>;
  readonly indexes: readonly DeclaredIndex[];
  readonly expires: boolean;
  readonly encrypt: readonly E[];
  /** The schema of `data` as MongoDB's `$jsonSchema` has it. */
  readonly serverSchema: Record<string, unknown>;
  /** Whether the schema could change what it has made; then each result is parsed again before it is written. */
  readonly changesWhatItGave: boolean;
}

export interface DeclaredIndex {
  readonly name: string;
  readonly fields: readonly (readonly [path: string, direction: 1 | -1])[];
  readonly unique: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: any declaration, whatever its schema
export type Declarations = Readonly<Record<string, Declaration<any, any>>>;
export type DataOf<D> = D extends Declaration<infer S, string> ? z.output<S> : never;
export type InputOf<D> = D extends Declaration<infer S, string> ? z.input<S> : never;
/** The data without the fields that are encrypted: what filters, sorts and indexes may name. */
export type QueryableOf<D> = D extends Declaration<infer S, infer E> ? Comparable<z.output<S>, E> : never;

/** @throws {DeclarationError} where it cannot be kept */
export function defineCollection<
  const S extends DocumentSchema,
  const E extends KeyOfAny<z.output<S>> = never,
>(options: DeclarationOptions<S, E>): Declaration<S, E> {
  const { kind, version, schema, migrations = {}, indexes = [], expires = false, encrypt = [] } = options;
  const fail = (message: string): never => {
    throw new DeclarationError(`the collection ${JSON.stringify(kind)}: ${message}`);
  };
  if (!isKind(kind)) fail("a kind is 1 to 32 of the characters a-z, 0-9 and _, the first a letter");
  if (!Number.isSafeInteger(version) || version < 1) fail("a version is a whole number from 1");
  for (let from = 1; from < version; from++)
    if (typeof migrations[from] !== "function") fail(`there is no migration from version ${from}`);
  for (const from of Object.keys(migrations))
    if (!(Number(from) >= 1 && Number(from) < version)) fail(`there is no version ${from} to migrate from`);
  const names = new Set<string>();
  const definitions = new Set<string>();
  for (const { name, fields, unique = false } of indexes) {
    if (!/^[a-z][a-zA-Z0-9_]{0,63}$/.test(name)) fail(`${JSON.stringify(name)} is no name for an index`);
    if (names.has(name)) fail(`two indexes are called ${name}`);
    names.add(name);
    const definition = JSON.stringify([Object.entries(fields), unique]);
    if (definitions.has(definition))
      fail(`the index ${name} is the same as another, which the server refuses`);
    definitions.add(definition);
    if (Object.keys(fields).length === 0) fail(`the index ${name} has no fields`);
    for (const path of Object.keys(fields))
      if (!isStoredPath(path)) fail(`the index ${name}: ${JSON.stringify(path)} is no path of a document`);
  }
  if (branchesOf(schema).some(({ def }) => (def.type as string) !== "object"))
    fail("a document is an object, or a union of objects that one field tells apart");
  const known = fieldsOf(schema);
  for (const field of encrypt) {
    if (!known.has(field)) fail(`${JSON.stringify(field)} is no field that could be encrypted`);
    if (field === discriminatorOf(schema)) fail(`${field} tells the branches apart: it cannot be encrypted`);
  }
  for (const { name, fields } of indexes)
    for (const path of Object.keys(fields))
      if (touchesEncrypted(encrypt, path))
        fail(`the index ${name}: ${path} is encrypted, and has no order or equality`);
  const changesWhatItGave = checkStorable(schema, fail);
  return Object.freeze({
    kind,
    version,
    schema,
    migrations,
    indexes: indexes.map(({ name, fields, unique = false }) => ({
      name,
      fields: Object.entries(fields) as [string, 1 | -1][],
      unique,
    })),
    expires,
    encrypt,
    serverSchema: toServerSchema(schema, encrypt),
    changesWhatItGave,
  });
}

/** The encrypted field that a path names, or goes below. */
export function encryptedField(encrypt: readonly string[], path: string): string | undefined {
  return encrypt.find((field) => path === `data.${field}` || path.startsWith(`data.${field}.`));
}

/** Tells whether a value at a path is encrypted, or has something encrypted in it. */
export function touchesEncrypted(encrypt: readonly string[], path: string): boolean {
  return encrypt.length > 0 && (path === "data" || encryptedField(encrypt, path) !== undefined);
}

/** Tells whether a path stays within what callers may name: the envelope's times and revision, and the data. */
export function isStoredPath(path: string): boolean {
  return /^(revision|createdAt|updatedAt|expiresAt|data(\.[^.$\0][^.\0]*)*)$/.test(path);
}
