import type { QueryOptions } from "../statement.ts";
import type { Opening } from "./opening.ts";
import type { Scope } from "./scope.ts";

export type IsolationLevel = "read committed" | "repeatable read" | "serializable";

/** What BEGIN says; the server's defaults where left out. `signal` and `timeout` are for the transaction as a whole. */
export interface BeginOptions extends QueryOptions {
  readonly isolation?: IsolationLevel | undefined;
  readonly readOnly?: boolean | undefined;
  /** Waits for a snapshot that needs no checks; for serializable, read-only transactions. */
  readonly deferrable?: boolean | undefined;
}

export interface RetryOptions {
  /** How often to try again. */
  readonly retries: number;
  /** Milliseconds that the first wait takes at most; each further one may take twice as long. A wait is a random part of it. 20. */
  readonly backoff?: number | undefined;
  /** Milliseconds that a wait never exceeds; 1,000. */
  readonly maxBackoff?: number | undefined;
}

export interface TransactionOptions extends BeginOptions {
  /**
   * How often the whole transaction is tried again after a serialization failure or a deadlock, and after nothing else;
   * 0. `work` runs anew each time, so what it does outside the database it may do several times.
   */
  readonly retry?: number | RetryOptions | undefined;
}

/** BEGIN, and what sets the settings of the scope that it is in. */
export function beginOpening(options: BeginOptions, scope: Scope | undefined): readonly Opening[] {
  const begin = { label: "begin", text: beginCommand(options), values: [] };
  return scope === undefined ? [begin] : [begin, ...scope.opening];
}

function beginCommand({ isolation, readOnly, deferrable }: BeginOptions): string {
  let text = "begin";
  if (isolation !== undefined) text += ` isolation level ${checked(isolation)}`;
  if (readOnly !== undefined) text += readOnly ? " read only" : " read write";
  if (deferrable !== undefined) text += deferrable ? " deferrable" : " not deferrable";
  return text;
}

/** It becomes SQL, so the type is not relied upon. */
function checked(isolation: IsolationLevel): IsolationLevel {
  if (!["read committed", "repeatable read", "serializable"].includes(isolation))
    throw new TypeError(`there is no isolation level ${isolation}`);
  return isolation;
}
