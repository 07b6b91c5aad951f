import type { WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Declaration, Declarations } from "./declaration.ts";
import { timeOf } from "./envelope.ts";
import { RefusedError } from "./errors.ts";
import { afterPrefix } from "./layout.ts";
import { jobCollections, workspacePlace } from "./lifecycle.ts";
import type { Store } from "./target.ts";
import { outcomeUnknown } from "./translate.ts";
import { isPlain } from "./values.ts";

/** By the name of a collection: what was last written before that time is deleted. */
export type Retention<D extends Declarations> = { readonly [K in keyof D]?: Date };

/**
 * Deletes the documents of all jobs of a workspace that were last written before the time of their kind; gives how many. Run again
 * after an interruption, it goes on.
 * @throws {RefusedError} before anything is deleted
 */
export async function deleteOlder<D extends Declarations>(
  store: Store,
  declarations: D,
  workspace: WorkspaceId,
  retention: Retention<D>,
  options: QueryOptions | undefined,
): Promise<number> {
  if (!isPlain(retention)) throw new RefusedError("a retention is a time for each collection");
  const kinds = Object.entries<unknown>(retention).map(([name, before]): [Declaration, Date] => {
    const declaration = Object.hasOwn(declarations, name) ? declarations[name] : undefined;
    if (declaration === undefined) throw new RefusedError(`there is no collection ${name}`);
    return [declaration, timeOf(before as Date)];
  });
  let deleted = 0;
  const remove = async (database: string, collection: string, kind: string, filter: object) => {
    const call = {
      operation: "delete",
      kind,
      collection,
      namespace: database,
      write: true,
      several: true,
    };
    const handle = store.client.db(database).collection(collection);
    const result = await store.caller
      .run(call, options, (_, untilSent) => handle.deleteMany(filter, untilSent))
      .catch((error: unknown) => {
        // Those before are gone.
        throw deleted > 0 ? outcomeUnknown("delete older documents", error) : error;
      });
    deleted += result.deletedCount;
  };
  if (store.layout.collectionPerKind) {
    for (const [{ kind }, before] of kinds) {
      const { database, collection, start } = workspacePlace(store.layout, workspace, kind);
      const own = start === "" ? {} : { _id: { $gte: start, $lt: afterPrefix(start) } };
      await remove(database, collection, kind, { ...own, updatedAt: { $lt: before } });
    }
    return deleted;
  }
  for await (const { database, collection } of jobCollections(store, workspace, options))
    for (const [{ kind }, before] of kinds)
      await remove(database, collection, kind, { kind, updatedAt: { $lt: before } });
  return deleted;
}
