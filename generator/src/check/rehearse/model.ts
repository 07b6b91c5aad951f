/** Milliseconds between two looks at the server's locks. */
export const LOOKS_EVERY = 10;

/** A relation's lock that the migration held or waited for; times in milliseconds from the start of the rehearsal. */
export interface HeldLock {
  readonly relation: string;
  readonly mode: string;
  readonly granted: boolean;
  readonly from: number;
  readonly to: number;
}

/** A statement of the migration as it ran. */
export interface RanStatement {
  readonly sql: string;
  /** The file that it stands in, and where it begins and ends there; null of what the migration tool adds. */
  readonly file: string;
  readonly at: number | null;
  readonly end: number | null;
  readonly from: number;
  readonly to: number;
  readonly error: string | null;
  /** Whether its locks were looked at while it held them all, or only from time to time, so that one that was short may be missing. */
  readonly locksSeen: "all" | "sampled";
}

/** A statement that was left out, and why. */
export interface LeftOut {
  readonly sql: string;
  readonly why: string;
}

/** A table that was given fewer rows than were asked for. */
export interface FewerRows {
  readonly table: string;
  readonly rows: number;
  /** What PostgreSQL said to the last attempt; null where its keys leave room for no more. */
  readonly why: string | null;
}

/** One time that a query was sent. */
export interface Execution {
  readonly query: string;
  readonly from: number;
  readonly to: number;
  /** How long it waited for the migration. */
  readonly blocked: number;
  /** What it waited for: a lock itself, or a connection, as those that waited for locks had them all; null where it did not wait. */
  readonly waitedFor: "lock" | "connection" | null;
  readonly error: string | null;
}

export interface QueryOutcome {
  readonly name: string;
  readonly runs: number;
  /** Milliseconds, before the migration began. */
  readonly usual: number;
  readonly longest: number;
  readonly blockedRuns: number;
  /** How many of those found no connection free. */
  readonly withoutConnection: number;
  readonly blockedLongest: number;
  readonly blockedTotal: number;
  readonly failed: number;
  /** What PostgreSQL said, the first time. */
  readonly error: string | null;
}

/** What became of a migration while the deployed queries ran. */
export interface Rehearsal {
  /** e.g. `16.14`. */
  readonly server: string;
  /** How many rows each table was given. */
  readonly rows: Readonly<Record<string, number>>;
  readonly fewer: readonly FewerRows[];
  /** Executions a second that were asked for. */
  readonly rate: number;
  /** When the migration began and ended, and when the rehearsal did. */
  readonly began: number;
  readonly ended: number;
  readonly duration: number;
  readonly statements: readonly RanStatement[];
  readonly leftOut: readonly LeftOut[];
  readonly locks: readonly HeldLock[];
  readonly queries: readonly QueryOutcome[];
  /** Queries that went well with none of the arguments, even before the migration. */
  readonly untried: readonly { readonly name: string; readonly error: string }[];
  /** Who sent the queries that name nobody; null for whoever owns the tables. */
  readonly role: string | null;
  /** Queries that went well with none of the arguments as their role, and were sent as whoever owns the tables. */
  readonly asOwner: readonly { readonly name: string; readonly error: string }[];
  readonly executions: readonly Execution[];
}
