import type { QueryInfo } from "../statement.ts";

/** How a transaction ended, as far as is known: `unknown` where the connection was lost during COMMIT. */
export type TransactionEnd = "committed" | "rolled_back" | "unknown";

/** How an operation ended. */
export interface Outcome {
  /** Rows that the server returned; not those that it changed. */
  readonly rows?: number | undefined;
  /** Of several in one call, those that failed by themselves. */
  readonly failedItems?: number | undefined;
  readonly error?: unknown;
  /** Of a transaction. */
  readonly transaction?: TransactionEnd | undefined;
}

/** Something under way that may be a span and a measured duration. */
export interface Operation {
  /** Calls `work` with the span as the active one, so that what happens inside becomes its child. */
  within<T>(work: () => T): T;
  /** When it is over; only the first call counts. */
  end(outcome?: Outcome): void;
}

/** A pool's state as metrics report it. */
export interface PoolGauge {
  readonly idle: number;
  readonly used: number;
  readonly pending: number;
  readonly limit: number;
  readonly idleMin: number;
  /** The limit, unless fewer may stay idle. */
  readonly idleMax?: number;
}

/** A database, as spans and metrics name it. */
export interface ReportedServer {
  readonly system: "postgresql" | "mongodb";
  /** The server's name or address, or the path of its socket. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** The database's name. */
  readonly namespace?: string | undefined;
  /** What its pool is called, in place of a name made of the above. */
  readonly pool?: string | undefined;
}

/** What a document operation is done to. */
export interface DocumentTarget {
  /** Empty where it is none in particular. */
  readonly collection: string;
  /** The database, where it is another than the server's namespace. */
  readonly namespace?: string | undefined;
  readonly batchSize?: number | undefined;
}

/**
 * What the database code reports; the only thing it knows of OpenTelemetry. An operation begins with the call: where that had to
 * wait before its server was known, `since` is when it began (`performance.now()`).
 */
export interface Telemetry {
  /** The same for this server: its system, address and namespace are those of all that happens there. */
  at(server: ReportedServer): Telemetry;
  /** A statement; `values` are recorded only where asked for by name. */
  query(info: QueryInfo, text: string, values: readonly unknown[], since?: number): Operation;
  /** A statement that went out behind another, in its packet, at `sent` (`performance.now()`): its time is the other's too. */
  behind(info: QueryInfo, text: string, sent: number | undefined): Operation;
  batch(infos: readonly QueryInfo[], texts: readonly string[], since?: number): Operation;
  /** `text` is the COPY statement; rows copied are not rows returned. */
  copy(info: QueryInfo, text: string, since?: number): Operation;
  /** A document operation: `summary` has few values; what it is done to may have many, and stays out of metrics. */
  documents(operation: string, summary: string, target: DocumentTarget): Operation;
  /** Opening a connection, with all that precedes its first user. */
  connect(): Operation;
  /** A wait for a connection. */
  acquire(): Operation;
  /** From BEGIN to its end, with all attempts. */
  transaction(): Operation;
  attempt(number: number): Operation;
  connectionCreated(seconds: number): void;
  connectionWaited(seconds: number): void;
  connectionUsed(seconds: number): void;
  connectionTimedOut(): void;
  /** Reports the pool until the function that it gives is called, under a name that no other has meanwhile. */
  observePool(read: () => PoolGauge): () => void;
  /** Likewise the number of MongoDB's collections; undefined while it is not known. */
  observeCollections(read: () => number | undefined): () => void;
}

/** What there is to report to nobody. */
export const nothing: Operation = { within: (work) => work(), end() {} };

/** Reports nothing; for `telemetry: false`, and for tests of what is not telemetry. */
export const noTelemetry: Telemetry = {
  at: () => noTelemetry,
  query: () => nothing,
  behind: () => nothing,
  batch: () => nothing,
  copy: () => nothing,
  documents: () => nothing,
  connect: () => nothing,
  acquire: () => nothing,
  transaction: () => nothing,
  attempt: () => nothing,
  connectionCreated() {},
  connectionWaited() {},
  connectionUsed() {},
  connectionTimedOut() {},
  observePool: () => () => {},
  observeCollections: () => () => {},
};
