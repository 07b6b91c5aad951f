import { isId, type JobId, type WorkspaceId } from "../ids.ts";
import { DeclarationError } from "./errors.ts";

/** What a piece of code may touch: the documents of one kind in one job of one workspace. */
export interface Scope {
  readonly workspace: WorkspaceId;
  readonly job: JobId;
  readonly kind: string;
}

/** Where the documents of a scope are. */
export interface Place {
  readonly database: string;
  readonly collection: string;
  /** What the `_id` of each of them starts with, and of no other document in the collection. Ends with `/`. */
  readonly prefix: string;
  /** Fields that each of them has and that, together, no document of another scope in the collection has. */
  readonly fields: Readonly<Partial<Record<"workspace" | "job" | "kind", string>>>;
}

/**
 * A strategy for where documents live. All of it is pure; `place` and `scopeOf` are inverse to each other:
 * `scopeOf(place(s).database, place(s).collection, place(s).prefix + id)` is `s` and `id`, and all else gives undefined.
 */
export interface Layout {
  readonly name: LayoutName;
  /** The kind's collection holds nothing else; otherwise the collection is the job's and holds all kinds. */
  readonly collectionPerKind: boolean;
  place(scope: Scope): Place;
  scopeOf(database: string, collection: string, key: string): (Scope & { readonly id: string }) | undefined;
}

export type LayoutName = "collection-per-job" | "database-per-workspace" | "shared-collections";

const BASE = /^[a-z][a-z0-9_-]{0,62}$/;
/** No hyphen, which separates it from the workspace; short, for a workspace's 48 bytes must fit behind it. */
const PREFIX_BASE = /^[a-z][a-z0-9_]{0,13}$/;
const KIND = /^[a-z][a-z0-9_]{0,31}$/;

/** MongoDB's limit for `database.collection` in bytes, where collections may be sharded. */
export const NAMESPACE_BYTES = 235;

export function isKind(text: string): boolean {
  return KIND.test(text) && !text.startsWith("system");
}

/**
 * @param base the database, or what the names of databases start with
 * @throws {DeclarationError} where the base could not be told from the rest of a name
 */
export function createLayout(name: LayoutName, base: string): Layout {
  if (!BASE.test(base))
    throw new DeclarationError(
      "the database's name is 1 to 63 of the characters a-z, 0-9, _ and -, the first a letter",
    );
  if (name === "database-per-workspace" && !PREFIX_BASE.test(base))
    throw new DeclarationError(
      "what the names of the workspaces' databases start with is 1 to 14 of the characters a-z, 0-9 and _, the first a letter",
    );
  return LAYOUTS[name](base);
}

const LAYOUTS: Readonly<Record<LayoutName, (base: string) => Layout>> = {
  "collection-per-job": (base) => ({
    name: "collection-per-job",
    collectionPerKind: false,
    place: ({ workspace, job, kind }) => ({
      database: base,
      collection: `${workspace}/${job}`,
      prefix: `${kind}/`,
      fields: { kind },
    }),
    scopeOf(database, collection, key) {
      const [workspace, job, ...rest] = collection.split("/");
      const [kind, id] = cut(key);
      return database === base && rest.length === 0 ? scope(workspace, job, kind, id) : undefined;
    },
  }),
  "database-per-workspace": (base) => ({
    name: "database-per-workspace",
    collectionPerKind: true,
    place: ({ workspace, job, kind }) => ({
      database: `${base}-${workspace}`,
      collection: kind,
      prefix: `${job}/`,
      fields: { job },
    }),
    scopeOf(database, collection, key) {
      const [job, id] = cut(key);
      return database.startsWith(`${base}-`)
        ? scope(database.slice(base.length + 1), job, collection, id)
        : undefined;
    },
  }),
  "shared-collections": (base) => ({
    name: "shared-collections",
    collectionPerKind: true,
    place: ({ workspace, job, kind }) => ({
      database: base,
      collection: kind,
      prefix: `${workspace}/${job}/`,
      fields: { workspace, job },
    }),
    scopeOf(database, collection, key) {
      const [workspace, rest] = cut(key);
      const [job, id] = cut(rest ?? "");
      return database === base ? scope(workspace, job, collection, id) : undefined;
    },
  }),
};

/** The first text after every text that starts with this prefix, which ends with `/`. */
export function afterPrefix(prefix: string): string {
  return `${prefix.slice(0, -1)}0`; // `0` follows `/` in Unicode.
}

/** Before and after the first slash; an id may hold more of them. */
function cut(text: string): [string, string | undefined] {
  const at = text.indexOf("/");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function scope(
  workspace: string | undefined,
  job: string | undefined,
  kind: string,
  id: string | undefined,
): (Scope & { readonly id: string }) | undefined {
  if (!isId(workspace) || !isId(job) || !isKind(kind) || id === undefined || id === "") return undefined;
  return { workspace: workspace as WorkspaceId, job: job as JobId, kind, id };
}
