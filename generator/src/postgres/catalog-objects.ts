import type { Attribute, Oid, PgType, RelationKind } from "../model/catalog.ts";
import type { UniqueIndex } from "./index-reader.ts";
import type { Expression, Query } from "./tree/node-types.ts";
import type { TriggerEffect } from "./trigger-effects.ts";

/** What is known of a catalog without asking, of this very version and build of PostgreSQL. */
export interface KnownCatalog {
  readonly builtins?: Builtins | null;
  readonly types?: ReadonlyMap<Oid, PgType> | undefined;
  readonly user?: UserCatalog | undefined;
}

/** What every database made of the prepared cluster has, so that no run has to read it. */
export interface Builtins {
  readonly functions: readonly RawFunction[];
  readonly types: readonly PgType[];
  /** Those that compare, or that are the negator of another. */
  readonly operators: readonly RawOperator[];
  /** The words that cannot stand as a column name without quotes. */
  readonly reservedWords: readonly string[];
}

export interface RawColumn extends Attribute {
  readonly number: number;
  /** A NOT NULL constraint that holds for every row that a scan can deliver. */
  readonly notNull: boolean;
  /** The oid of the youngest object that is no younger than the promise, which tells its age; 0 where PostgreSQL keeps none. */
  readonly notNullSince: Oid;
  readonly hasDefault: boolean;
  /** What INSERT stores where it does not name the column, or null. */
  readonly defaultValue: Expression | null;
  /** The n of `char(n)` and the like, or null. */
  readonly length: number | null;
  /** 'a'lways or by 'd'efault; empty for none. */
  readonly identity: string;
  /** The expression of a generated column, or null. */
  readonly generated: Expression | null;
  /** `schema.name`, quoted, of the sequence that it owns and draws its default from (`serial`), or null. */
  readonly sequence: string | null;
}

export interface RawCheck {
  /** As `notNullSince`. */
  readonly since: Oid;
  readonly name: string;
  readonly expr: Expression;
}

/** The columns of a foreign key, and those that they refer to. */
export type RawReference = Pick<RawForeignKey, "columns" | "references" | "referencedColumns">;

/** A foreign key that every row satisfies at every time: validated, enforced, not deferrable. */
export interface RawForeignKey {
  readonly name: string;
  readonly columns: readonly number[];
  readonly references: Oid;
  readonly referencedColumns: readonly number[];
  /** Of each column the operator that compares it, and its commutator. */
  readonly equalities: readonly (readonly number[])[];
  /** What PostgreSQL does to rows that refer to one that goes or gets another key. */
  readonly actions: readonly ("update" | "delete")[];
}

export interface RawRelation {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind | "other";
  readonly rowType: Oid;
  readonly comment: string | null;
  readonly partitionOf: Oid | null;
  /** By `attnum`, dropped ones left out. */
  readonly columns: ReadonlyMap<number, RawColumn>;
  /** CHECK constraints that every row satisfies (or makes unknown). */
  readonly checks: readonly RawCheck[];
  readonly foreignKeys: readonly RawForeignKey[];
  /** The columns of its primary key; none where it has none. */
  readonly primaryKey: readonly number[];
  /** Every foreign key, whether or not rows satisfy it at every time: what its columns mean. */
  readonly references: readonly RawReference[];
  /** What its row triggers that run before the change, and those of everything below it, do to new rows. */
  readonly triggers: readonly TriggerEffect[];
  /** Has row security, whoever it applies to. */
  readonly rowSecurity: boolean;
  /** The analysed query of a view. */
  readonly viewQuery: Query | null;
  /** A view that stores no row which it would not show (`check_option`). */
  readonly checksRows: boolean;
  /** Of PostgreSQL's own, the columns that not just anyone may read. */
  readonly restrictedColumns: readonly string[];
  /** A view that is read with the rights of whoever asks (`security_invoker`), not with its owner's. */
  readonly isInvoker: boolean;
  /** Has rules (but a view's own), or triggers in place of what is done to a view: then RETURNING may be one of theirs. */
  readonly hasRules: boolean;
  /** Has rules (but a view's own): a command may become others. */
  readonly hasRewriteRules: boolean;
  /** Whether rows that are stored in it may go to a foreign server. */
  readonly hasForeignPartitions: boolean;
  /** Has partitions or inheritance children, which a scan reads too. */
  readonly hasChildren: boolean;
}

export interface RawFunction {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  /** PostgreSQL's own. */
  readonly builtIn: boolean;
  /** `provolatile`: i, s or v. */
  readonly volatility: string;
  readonly strict: boolean;
  readonly returnsSet: boolean;
  readonly resultType: Oid;
  /** Types and names of the columns of TABLE or OUT, or null where the result type says it. */
  readonly columnTypes: readonly Oid[] | null;
  readonly columnNames: readonly string[] | null;
  /** The language of a body that can be analysed, or null. */
  readonly bodyLanguage: "sql" | "plpgsql" | null;
  /** Names of the input arguments; empty strings where unnamed. */
  readonly argNames: readonly string[];
  /** Its signature, where it may not be called by just anyone; else null. */
  readonly restricted: string | null;
  /** Whether that is a member of an extension. */
  readonly isOfExtension: boolean;
  /** Signatures of such that are called where a call leaves arguments to their defaults. */
  readonly restrictedByDefaults: readonly string[];
  /** With whose rights its body runs (`SECURITY DEFINER`). */
  readonly runsAs: "caller" | "owner";
  /** Whether its body was analysed when it was made (`BEGIN ATOMIC`, RETURN), so that no name is looked up when it runs. */
  readonly isAtomic: boolean;
}

/** How an operator compares: as the btree (or, of `=` alone, hash) operator classes have it; `<>` is the negator of `=`. */
export type Comparison = "=" | "<>" | "<" | "<=" | ">" | ">=";

export interface RawOperator {
  readonly oid: Oid;
  readonly name: string;
  readonly comparison: Comparison | null;
  /** 0 for none. */
  readonly negator: Oid;
}

/** What `prefetch` finds of the user's, for another reader of the same database. */
export interface UserCatalog {
  /** In creation order. */
  readonly relations: readonly Oid[];
  /** Those and what they refer to. */
  readonly known: readonly RawRelation[];
  readonly functions: readonly RawFunction[];
  readonly types: ReadonlyMap<Oid, PgType>;
  readonly uniqueIndexes: readonly UniqueIndex[];
  /** Of functions that views use: what a view's column can hold depends on them. */
  readonly bodies: ReadonlyMap<Oid, readonly Query[] | null>;
  /** The queries of the same that come before those of which one gives the result; absent where there is none. */
  readonly earlier: ReadonlyMap<Oid, readonly Query[]>;
  /** Functions of which everything is among this that their bodies refer to. */
  readonly complete: readonly Oid[];
  readonly operators: readonly RawOperator[];
  /** Names by OID; null as long as nothing has drawn from one by name. */
  readonly sequences: ReadonlyMap<Oid, string> | null;
}
