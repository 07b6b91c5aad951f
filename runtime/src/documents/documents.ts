import type { WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import { noTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import { createCaller, timed } from "./call.ts";
import { createCollectionCount } from "./collection-count.ts";
import {
  addressOf,
  createClient,
  createConnector,
  type DocumentsConnection,
  observeConnections,
} from "./connection.ts";
import { type CopiedWorkspace, copyWorkspace } from "./copy.ts";
import type { Declarations } from "./declaration.ts";
import { DeclarationError } from "./errors.ts";
import { createDataKeys, type KeyProvider } from "./field-encryption.ts";
import { createLayout, type LayoutName } from "./layout.ts";
import { createProvision } from "./provision.ts";
import type { Quota } from "./quota.ts";
import { createQuotas } from "./quotas.ts";
import { type WorkspaceScope, workspaceScope } from "./scopes.ts";
import type { Store } from "./target.ts";

export interface DocumentsOptions<D extends Declarations> {
  /** What `collections` of a job's scope has. All processes that share a database should declare the same. */
  readonly collections: D;
  /**
   * Where documents live. `collection-per-job` (as it is when absent): one collection for each job, dropped at once.
   * `database-per-workspace`: a database for each workspace, which can have users of its own. `shared-collections`: one
   * collection for each kind, for clusters with very many jobs.
   */
  readonly layout?: LayoutName;
  /** No collection is made beyond this number in a database (10 000). */
  readonly maxCollections?: number;
  /** `if-supported` does without validators, TTL and partial indexes where the server has none; see `leftOut`. */
  readonly serverChecks?: "required" | "if-supported";
  readonly telemetry?: Telemetry;
  /** Wraps the keys of what declarations encrypt; needed where one does. */
  readonly keys?: KeyProvider;
  /**
   * What a workspace may have at most; asked before each write, so that it should be at hand. undefined is no limit.
   */
  readonly quota?: (workspace: WorkspaceId) => Quota | undefined | Promise<Quota | undefined>;
}

/** The access to all documents; one for a process. Connects at the first operation. */
export interface Documents<D extends Declarations> extends AsyncDisposable {
  workspace(id: WorkspaceId): WorkspaceScope<D>;
  /** Tells whether a server answers that can be written to. @throws what keeps it from that */
  ping(options?: QueryOptions): Promise<void>;
  /** Collections in the databases that this process has made some in, as last counted; undefined before. */
  readonly collectionCount: number | undefined;
  /** Whether a job has something of its own before it has documents: its collection. */
  readonly keepsEmptyJobs: boolean;
  /** What was left out, since the server lacks it, or there are duplicates where a unique index should be. */
  readonly leftOut: readonly string[];
  /**
   * Makes the documents and payloads of a workspace in another accessor, of another layout or server, what they are in this one. It
   * copies what differs and deletes what is gone, so that it can be run again while the workspace is in use: less to do each time, and
   * nothing once nobody writes.
   */
  copyWorkspace(workspace: WorkspaceId, to: Documents<D>, options?: QueryOptions): Promise<CopiedWorkspace>;
  /**
   * Takes no more operations, waits for those under way, and closes all connections. What is not over by then is broken off.
   * @param timeout milliseconds to wait (10 000)
   */
  close(timeout?: number): Promise<void>;
}

/** @throws {DeclarationError} */
export function createDocuments<const D extends Declarations>(
  connection: DocumentsConnection,
  options: DocumentsOptions<D>,
): Documents<D> {
  const { collections, maxCollections = 10_000, serverChecks = "required" } = options;
  const declarations = Object.values(collections);
  if (declarations.length === 0) throw new DeclarationError("no collection is declared");
  const kinds = new Set(declarations.map(({ kind }) => kind));
  if (kinds.size < declarations.length) throw new DeclarationError("two collections have the same kind");
  const indexes = declarations.flatMap(({ kind, indexes }) => indexes.map(({ name }) => `${kind}_${name}`));
  if (new Set(indexes).size < indexes.length)
    throw new DeclarationError(
      "indexes of two collections have one name in the database: a kind, _ and its own",
    );
  const encrypting = declarations.find(({ encrypt }) => encrypt.length > 0);
  if (encrypting !== undefined && options.keys === undefined)
    throw new DeclarationError(`${encrypting.kind} documents are encrypted, and there are no \`keys\``);
  const keys = options.keys === undefined ? undefined : createDataKeys(options.keys);
  const layout = createLayout(options.layout ?? "collection-per-job", connection.database);
  const client = createClient(connection);
  // The workspaces' own databases would be too many values for metrics.
  const telemetry = (options.telemetry ?? noTelemetry).at({
    system: "mongodb",
    ...addressOf(client),
    namespace: connection.database,
  });
  const pool = observeConnections(client, telemetry);
  const caller = createCaller(telemetry, pool, createConnector(client));
  const count = createCollectionCount(client, maxCollections);
  const provision = createProvision({ client, layout, declarations, caller, count, serverChecks });
  const { quota } = options;
  const quotas = quota === undefined ? undefined : createQuotas(() => store, quota);
  const store: Store = { client, layout, declarations, caller, telemetry, provision, keys, quotas };
  const stopObserving = telemetry.observeCollections(() => count.known);
  let closing: Promise<void> | undefined;
  const close = async (timeout: number): Promise<void> => {
    await caller.drain(timeout);
    await client.close();
    pool.stop();
    stopObserving();
  };
  const documents: Documents<D> = {
    workspace: (id) => workspaceScope(store, collections, id),
    async ping(limits) {
      const call = { operation: "ping", kind: "documents", collection: "", write: false };
      await caller.run(call, limits, (driver) => client.db("admin").command({ ping: 1 }, driver));
    },
    get collectionCount() {
      return count.known;
    },
    async copyWorkspace(workspace, to, limits) {
      const other = stores.get(to);
      if (other === undefined) throw new DeclarationError("that is no accessor of documents");
      return copyWorkspace(store, other, workspace, timed(limits));
    },
    keepsEmptyJobs: !layout.collectionPerKind,
    get leftOut() {
      return [...provision.leftOut];
    },
    close(timeout = 10_000) {
      closing ??= close(timeout);
      return closing;
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
  stores.set(documents, store);
  return documents;
}

/** By accessor, for another that copies to it. */
const stores = new WeakMap<object, Store>();
