import type { RawRow } from "../statement.ts";

/** Bytes of rows that are asked for at a time, where nothing else is said. */
export const DEFAULT_FETCH_BYTES = 1_048_576;

/** Rows that are asked for first, when nothing is known of their size. */
const FIRST = 32;
/** How much more may be asked for than before: what comes may be wider than what came. */
const GROWTH = 4;
/** So many small ones that the way to the server hardly counts any more. */
const MOST = 1024;

/** How many rows a cursor asks for next: a few at first, then as many as take the bytes that it may have, by the last ones' size. */
export class FetchSize {
  readonly #bytes: number;
  rows = FIRST;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Learns from what was asked for last: so many rows as it said, and their bytes. */
  learn(bytes: number): void {
    const { rows } = this;
    const fitting = Math.floor((this.#bytes * rows) / Math.max(1, bytes));
    this.rows = Math.max(1, Math.min(fitting, rows * GROWTH, MOST));
  }
}

/** Of a server that does not keep to the protocol. */
export const NO_ROW = "the server gave no row, and said that there are more";

/** A statement whose rows are fetched a few at a time. */
export interface Cursor {
  /** Whether all rows have been fetched. */
  readonly isDone: boolean;
  /** The next rows, as many as are there; not before the last fetch is over. */
  fetch(): Promise<RawRow[]>;
  /** At any time after the last fetch; does nothing where there is nothing to do. */
  close(): Promise<void>;
  /**
   * Of one that is done and closed: the statement's transaction, where that is its own, ends after the last row.
   * @throws where it could not be committed, or nobody knows
   */
  throwIfFailed(): void;
  /** Of one that was left before its end and is closed: why what it did is undone, or its transaction with it, or nobody knows. */
  readonly undone: { readonly error: unknown } | undefined;
}
