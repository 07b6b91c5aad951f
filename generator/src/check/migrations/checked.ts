import type { RangeVar } from "libpg-query";
import type { VetOptions } from "../../config/options/vet.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import type { TransactionMode } from "./transaction-mode.ts";

/** A migration that is vetted, with what each of its statements was seen to do. */
export interface CheckedMigration {
  readonly file: string;
  readonly mode: TransactionMode;
  /** What it is to the base of the comparison; null where there is nothing to say, or nothing to compare with. */
  readonly base: BaseRelation | null;
  readonly statements: readonly CheckedStatement[];
  readonly options: VetOptions;
  readonly outcome: Outcome;
}

/** How things stand when every migration has run. */
export interface Outcome {
  /** Names of the functions that the schema makes. */
  readonly functions: ReadonlySet<string>;
  /** The key columns of each index, by the table's name; null for an expression. A table without indexes is there too. */
  readonly indexes: ReadonlyMap<string, readonly (readonly (string | null)[])[]>;
  /** The type of each column, as `format_type` prints it, by `table.column`. */
  readonly columns: ReadonlyMap<string, string>;
  /** The columns, `table.column`, that are NOT NULL and that a foreign key's action leaves without a value. */
  readonly emptied: ReadonlySet<string>;
}

/** The base has another text for it; or it is new, and sorts before one that the base has. */
export type BaseRelation = "edited" | "out of order";

export type CheckedStatement = RawTree & {
  readonly migration: CheckedMigration;
  /** Its place in the migration, from 0. */
  readonly index: number;
  /** Without leading comments and final semicolon. */
  readonly text: string;
  /** Offset of `text` in the file. */
  readonly start: number;
  readonly transaction: StatementTransaction;
  /** The tables that it names, as they were before it ran. Absent names are not there (or no tables). */
  readonly tables: TablesBefore;
  readonly effects: Effects;
  /** What a block, or the functions that it calls, do one by one, with the tables that those name. */
  readonly within: readonly StatementWithin[];
};

export type StatementWithin = RawTree & { readonly tables: TablesBefore };

/** How the statement is run: in a block with others, in one of its own, or in who knows what (no tool's marks were found). */
export type StatementTransaction = "block" | "own" | "unknown";

export interface TablesBefore {
  /** By a `RangeVar` of the statement's tree. */
  get(name: Pick<RangeVar, "schemaname" | "relname"> | undefined): TableState | null;
  /** The table of an index that the statement names. */
  ofIndex(name: string): TableState | null;
  readonly all: readonly TableState[];
}

export interface TableRef {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** Made by the migration itself (or by another one of the same change): nobody uses it yet, and it is empty. */
  readonly isNew: boolean;
}

export interface TableState extends TableRef {
  readonly columns: readonly ColumnState[];
  readonly indexes: readonly IndexState[];
  readonly constraints: readonly ConstraintState[];
  /** The oid of the partition that takes what no other one does. */
  readonly defaultPartition: number | null;
}

export interface ColumnState {
  readonly name: string;
  /** As `format_type` prints it, with its modifiers. */
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
}

export interface IndexState {
  readonly name: string;
  /** Of all rows, not only of those that meet a condition. */
  readonly unique: boolean;
  readonly primary: boolean;
  /** Key columns in order; null for an expression. */
  readonly columns: readonly (string | null)[];
}

export interface ConstraintState {
  readonly name: string;
  /** `pg_constraint.contype`. */
  readonly type: string;
  readonly validated: boolean;
  /** As `pg_get_constraintdef` prints it. */
  readonly definition: string;
  readonly columns: readonly string[];
}

/** What the statement did, as PostgreSQL itself told while running it. */
export interface Effects {
  /** Every table lock held when the statement was done, those of earlier statements of its transaction included. */
  readonly locks: readonly HeldLock[];
  /** Work that grows with the table. */
  readonly work: readonly Work[];
  /** The relations that are no longer there, of whatever kind. */
  readonly gone: readonly TableRef[];
  /** The functions that are no longer there. */
  readonly routines: readonly RoutineGone[];
  /** What it took or renamed of tables, where its text does not say so: a block, a function, CASCADE. */
  readonly parts: readonly Part[];
  /** The session's settings after it; "0" means none. */
  readonly lockTimeout: string;
  readonly statementTimeout: string;
  /** Why it could not be run as the migration tool would run it. */
  readonly error: Diagnostic | null;
}

/** A function, procedure or aggregate that is gone. */
export interface RoutineGone {
  readonly kind: "function" | "procedure" | "aggregate";
  readonly schema: string;
  readonly name: string;
  /** As `pg_get_function_identity_arguments` prints them. */
  readonly arguments: string;
  /** How many arguments it takes. */
  readonly count: number;
  readonly isNew: boolean;
}

export type PartKind = "table" | "view" | "column" | "constraint" | "index";

/** A table or view, or a part of one, that is gone or has another name. */
export interface Part {
  readonly kind: PartKind;
  readonly name: string;
  /** Whose it is, as it was before; itself where it is one. */
  readonly table: TableRef;
  /** What it is called now; null where it is gone. */
  readonly became: string | null;
}

export type LockMode =
  | "AccessShareLock"
  | "RowShareLock"
  | "RowExclusiveLock"
  | "ShareUpdateExclusiveLock"
  | "ShareLock"
  | "ShareRowExclusiveLock"
  | "ExclusiveLock"
  | "AccessExclusiveLock";

export interface HeldLock {
  readonly table: TableRef;
  readonly mode: LockMode;
  /** Taken by this statement, not by one before it. */
  readonly taken: boolean;
}

export interface Work {
  readonly kind: "rewrite" | "scan" | "index build" | "foreign key check";
  readonly table: TableRef;
  /** The index that was built. */
  readonly index?: string;
}
