import type { VetOptions } from "../../config/options/vet.ts";

/** A column that a table stores, with all that uses it. */
export interface CheckedColumn {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  /** A query reads it, itself or as a part of a view. */
  readonly isRead: boolean;
  /** A query inserts or updates it, itself or through a view. */
  readonly isWritten: boolean;
  /** PostgreSQL gives it its value: generated, an identity, or with a default that is more than a constant. */
  readonly isComputed: boolean;
  /** A function, trigger, policy, view or generated column mentions it. */
  readonly isInCode: boolean;
  /** A key or a unique index has it: then it is read whenever a row is written. */
  readonly isInKey: boolean;
  readonly options: VetOptions;
}
