import { isRetryable } from "./retryable.ts";

/** What an error knows of the statement that failed; all of it optional. */
export interface ErrorDetails {
  /** The query's name, as its annotation gives it. */
  readonly query?: string | undefined;
  /** The five characters of PostgreSQL's error code. */
  readonly sqlState?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  /** Of a time that is over: the milliseconds in which the process itself was at work, where they were most of it. */
  readonly stalledFor?: number | undefined;
  /** The original. Unlike our message it may carry values: PostgreSQL quotes them in messages and details. */
  readonly cause?: unknown;
}

/**
 * Whatever went wrong with a database; one subclass for each case that applications handle.
 * The message never holds a parameter's value, so that it may be logged.
 */
export class DatabaseError extends Error {
  override readonly name: string = "DatabaseError";
  declare readonly query?: string;
  declare readonly sqlState?: string;
  declare readonly schema?: string;
  declare readonly table?: string;
  declare readonly column?: string;
  declare readonly constraint?: string;
  /** The process's event loop was stalled for so many milliseconds of the time that ran out: it says nothing of the server. */
  declare readonly stalledFor?: number;

  constructor(message: string, details: ErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(
      details.query === undefined ? message : `${details.query}: ${message}`,
      cause === undefined ? undefined : { cause },
    );
    // What is not known is left out, so that a printed error shows what is.
    for (const [key, value] of Object.entries(fields))
      if (value !== undefined) Object.assign(this, { [key]: value });
  }

  /**
   * Tells whether the same may be done again, a transaction as a whole: it certainly had no effect, and what stood in its way
   * passes. False where that is not certain, as after a lost connection or a time-out.
   */
  get isRetryable(): boolean {
    return isRetryable(this);
  }
}
