import type { RawRow } from "../statement.ts";

/** Rows that are asked for at a time. */
export const FETCH = 256;

/** A statement whose rows are fetched a few at a time. */
export interface Cursor {
  /** Whether all rows have been fetched. */
  readonly isDone: boolean;
  /** The next rows; not before the last fetch is over. */
  fetch(): Promise<RawRow[]>;
  /** At any time after the last fetch; does nothing where there is nothing to do. */
  close(): Promise<void>;
}
