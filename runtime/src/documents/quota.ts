import { BSON } from "mongodb";
import { DatabaseError } from "../errors/errors.ts";
import type { WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Scope } from "./layout.ts";

/** What a workspace may have at most; what is absent has no limit. */
export interface Quota {
  readonly documents?: number | undefined;
  /** Of documents as BSON, and of payloads. */
  readonly bytes?: number | undefined;
  /** Jobs that have documents, or a collection. */
  readonly jobs?: number | undefined;
}

/** What a workspace has. */
export interface Usage {
  readonly documents: number;
  readonly bytes: number;
  readonly jobs: number;
}

/** A write would bring a workspace beyond its quota. Nothing was written. */
export class QuotaExceededError extends DatabaseError {
  override readonly name = "QuotaExceededError";
  readonly resource: keyof Usage;
  readonly limit: number;
  constructor(message: string, resource: keyof Usage, limit: number) {
    super(message);
    this.resource = resource;
    this.limit = limit;
  }
}

export type TransactionOutcome = "committed" | "rolled back" | "unknown";

/** A transaction, as far as what was taken for its writes is concerned. */
export interface Undoable {
  /** Told what becomes of this attempt at it. */
  onEnd(react: (outcome: TransactionOutcome) => void): void;
}

/** Keeps workspaces within their quotas. */
export interface Quotas {
  /**
   * Does a write once there is room for it. Room is taken before, so that writers at the same time cannot all take the last of it,
   * and given back where nothing was written. Of a transaction's writes that is known at its end alone.
   * @throws {QuotaExceededError}
   */
  within<T>(
    scope: Omit<Scope, "kind">,
    need: () => Partial<Usage>,
    options: QueryOptions | undefined,
    work: () => Promise<T>,
    transaction?: Undoable,
  ): Promise<T>;
  /** Something was deleted: before anything else is refused, it is counted. */
  freed(workspace: WorkspaceId): void;
}

/** Gives what a document adds. */
export function sizeOf(document: object): Partial<Usage> {
  return { documents: 1, bytes: bytesOf(document) };
}

export function bytesOf(document: object): number {
  return BSON.calculateObjectSize(document, { ignoreUndefined: true });
}
