import { type Db, MongoServerError } from "mongodb";
import { DatabaseError } from "../errors/errors.ts";
import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Declaration } from "./declaration.ts";
import { EXPIRY, indexesOf, isSameIndex } from "./indexes.ts";
import type { Place } from "./layout.ts";
import { ANY_JOB, jobCollections, sweep } from "./lifecycle.ts";
import type { Store } from "./target.ts";
import { isTombstone } from "./tombstone.ts";
import { createValidator, settleValidator, type Validator, versionsIn } from "./validator.ts";

/** What a collection has that its declarations do not say, or lacks that they do. */
export interface PlannedChange {
  readonly database: string;
  readonly collection: string;
  /** Whose collection it is, where each job has its own. */
  readonly job: JobId | undefined;
  readonly change: "drop index" | "set validator" | "create index";
  /** The index, as the database calls it. */
  readonly index?: string;
}

/** What has become of one. `error` is why it could not be done; it is then planned again the next time. */
export interface AppliedChange extends PlannedChange {
  readonly error?: DatabaseError;
}

const COMMANDS = { "drop index": "dropIndexes", "set validator": "collMod", "create index": "createIndexes" };

interface Step {
  readonly planned: PlannedChange;
  apply(db: Db): Promise<unknown>;
}

/** Tells what `apply` would do, a collection at a time; changes nothing. */
export async function* planWorkspace(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): AsyncGenerator<PlannedChange, void, undefined> {
  for await (const steps of stepsOf(store, workspace, options))
    for (const { planned } of steps) yield planned;
}

/**
 * Gives the collections of a workspace the validator and the indexes that are declared, and removes those that are not any more;
 * then what drops have left. It plans from what is there: broken off, it goes on where it was when it is run again.
 */
export async function* applyWorkspace(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): AsyncGenerator<AppliedChange, void, undefined> {
  const { caller, client } = store;
  for await (const steps of stepsOf(store, workspace, options))
    for (const { planned, apply } of steps) {
      const { database: namespace, collection } = planned;
      const operation = COMMANDS[planned.change];
      const call = { operation, kind: "documents", collection, namespace, write: false };
      try {
        await caller.run(call, options, () => apply(client.db(namespace)));
        yield planned;
      } catch (error) {
        // Duplicates in one job keep the others from nothing.
        const isOfThisOne = error instanceof DatabaseError && error.cause instanceof MongoServerError;
        if (!isOfThisOne) throw error;
        yield { ...planned, error };
      }
    }
  await sweep(store, workspace, options);
}

async function* stepsOf(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): AsyncGenerator<Step[], void, undefined> {
  const { layout, declarations } = store;
  if (!layout.collectionPerKind) {
    for await (const { job } of jobCollections(store, workspace, options)) {
      const place = layout.place({ workspace, job, kind: declarations[0]!.kind });
      yield await compare(store, place, job, declarations, options);
    }
    return;
  }
  for (const declaration of declarations) {
    const place = layout.place({ workspace, job: ANY_JOB, kind: declaration.kind });
    yield await compare(store, place, undefined, [declaration], options);
  }
}

async function compare(
  { client, caller }: Store,
  place: Place,
  job: JobId | undefined,
  kinds: readonly Declaration[],
  options: QueryOptions | undefined,
): Promise<Step[]> {
  const { database, collection } = place;
  const db = client.db(database);
  const call = { operation: "listIndexes", kind: "documents", collection, namespace: database, write: false };
  const present = await caller.run(call, options, async (limits) => {
    const [info] = await db.listCollections({ name: collection }, limits).toArray();
    const validator = (info as { options?: { validator?: unknown } } | undefined)?.options?.validator;
    if (info === undefined || isTombstone(validator)) return undefined;
    return { validator, indexes: await db.collection(collection).indexes() };
  });
  if (present === undefined) return [];
  const wanted = indexesOf(kinds, place);
  const isKept = isOfNewer(present.validator, kinds);
  const steps: Step[] = [];
  const add = (change: PlannedChange["change"], apply: Step["apply"], index?: string) =>
    steps.push({
      planned: { database, collection, job, change, ...(index === undefined ? {} : { index }) },
      apply,
    });
  const stays = new Set<string>();
  for (const index of present.indexes) {
    const { name } = index as { name: string };
    const same = wanted.find((each) => each.name === name);
    if (
      same !== undefined
        ? isSameIndex(same, index)
        : !isDeclared(name, present.validator, kinds) || isKept(name)
    )
      stays.add(name);
    else add("drop index", (on) => on.collection(collection).dropIndex(name), name);
  }
  const validator = settleValidator(present.validator, createValidator(kinds, place), place);
  if (validator !== undefined) add("set validator", (on) => setValidator(on, collection, validator));
  for (const index of wanted)
    if (!stays.has(index.name as string))
      add("create index", (on) => on.collection(collection).createIndexes([index]), index.name as string);
  return steps;
}

function setValidator(db: Db, collection: string, validator: Validator): Promise<unknown> {
  return db.command({ collMod: collection, validator });
}

/** Tells whether an index is one that a declaration has made, of this release or of another; others are none of our business. */
function isDeclared(name: string, validator: unknown, kinds: readonly Declaration[]): boolean {
  const known = new Set([...Object.keys(versionsIn(validator)), ...kinds.map(({ kind }) => kind)]);
  return name === EXPIRY || [...known].some((kind) => name.startsWith(`${kind}_`));
}

/** Tells whether an index may be that of a newer release of a kind, which this one does not know. */
function isOfNewer(validator: unknown, kinds: readonly Declaration[]): (name: string) => boolean {
  const versions = versionsIn(validator);
  const newer = kinds.filter(({ kind, version }) => (versions[kind] ?? 0) > version);
  return (name) => newer.some(({ kind }) => name === EXPIRY || name.startsWith(`${kind}_`));
}
