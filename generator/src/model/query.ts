import type { Oid } from "./catalog.ts";
import type { Span } from "./diagnostic.ts";
import type { ParamReasons } from "./param-reason.ts";
import type { Reason } from "./reason.ts";
import type { RowCount } from "./row-count.ts";
import type { Sql } from "./sql.ts";

/**
 * sqlc's query annotations. `:execlastid` is read and analysed, so that a project with it can be, but means nothing in
 * PostgreSQL: there is a warning, and no code can be generated for it.
 */
export const COMMANDS = [
  ":one",
  ":many",
  ":exec",
  ":execrows",
  ":execresult",
  ":execlastid",
  ":copyfrom",
  ":batchexec",
  ":batchone",
  ":batchmany",
] as const;
export type Command = (typeof COMMANDS)[number];
/** Those whose functions give rows. */
export const GIVE_ROWS: ReadonlySet<Command> = new Set<Command>([":one", ":many", ":batchone", ":batchmany"]);

/** Which kind of statement it is, as PostgreSQL's analysis names it (`CMD_SELECT` …). */
export type StatementKind = "select" | "insert" | "update" | "delete" | "merge" | "utility";

/** A query as fully analysed: everything that emitting code, checking and plugins need to know. */
export interface Query {
  readonly name: string;
  readonly command: Command;
  /** The annotation's place. */
  readonly span: Span;
  /** 1-based line of the annotation in `span.file`. */
  readonly line: number;
  /** Doc comment lines, without the comment markers. */
  readonly comments: readonly string[];
  readonly sql: Sql;
  readonly statement: StatementKind;
  /** How many rows it delivers. */
  readonly rows: RowCount;
  readonly params: readonly Param[];
  readonly columns: readonly Column[];
  /** The `sqlc.embed(…)` groups, in order of appearance. Each covers a run of `columns`. */
  readonly embeds: readonly Embed[];
  /** Tables and views that the query reads or writes, `schema.name`, sorted. */
  readonly relations: readonly string[];
  /** For `:copyfrom` and plain inserts: the target table and its columns in the order of the VALUES. */
  readonly insert: InsertTarget | null;
  /** What a role must be granted to run it. */
  readonly privileges: readonly Privilege[];
  /** What the bodies of functions in SQL ask for that it calls, which run with the rights of who sends it; absent where there is nothing. */
  readonly privilegesWithin?: readonly Privilege[];
  /** The columns that it leaves to their default, by that word or by not naming them; absent where there is none. */
  readonly defaulted?: readonly ColumnOrigin[];
  /** Its subqueries that stand for a value, in an order that the schema does not change; absent where there is none. */
  readonly valueSubqueries?: readonly ValueSubquery[];
  /** The parameters of which the value tells more of the columns; absent where none does. */
  readonly flags?: readonly FlagColumns[];
}

/** A subquery that stands for a value: where it gives two rows, PostgreSQL refuses the query. */
export interface ValueSubquery {
  /** Whether it gives one row at most, whatever the tables hold. */
  readonly atMostOne: boolean;
  /** The tables and views that it reads, `schema.name`; null where it may be any. */
  readonly reads: readonly string[] | null;
}

/** A boolean parameter that `case when @flag then …` asks for a column. */
export interface FlagColumns {
  /** The n of its `$n`. */
  readonly param: number;
  /** For each column: true where it is never NULL then, false where it always is; null where no more is known. */
  readonly whereTrue: readonly (boolean | null)[];
  readonly whereFalse: readonly (boolean | null)[];
}

/** A right that a statement needs, on a table or view, a sequence or a function. */
export type Privilege = TablePrivilege | ObjectPrivilege;

export interface TablePrivilege {
  /**
   * `maintain`: what MAINTAIN gives since PostgreSQL 17, and the owner alone may before; `own`: what the owner alone may;
   * `lock …`: any one right on the whole table that permits the lock.
   */
  readonly kind:
    | "select"
    | "insert"
    | "update"
    | "delete"
    | "truncate"
    | "maintain"
    | "own"
    | "lock access share"
    | "lock row exclusive"
    | "lock";
  readonly schema: string;
  readonly table: string;
  /** Sorted. Empty where none is named (`count(*)`, `for update`): then the right on any one column will do. */
  readonly columns: readonly string[];
  /** Of PostgreSQL's own tables, what not just anyone may read. */
  readonly isRestricted?: true;
  /** Whether nobody looks up its name: it stands below a view, or in a body that was analysed when it was made. */
  readonly isBehind?: true;
  /** Whether nothing that inherits from it is changed with it (`ONLY`). */
  readonly isOnly?: true;
}

export interface ObjectPrivilege {
  readonly kind:
    | "usage on schema"
    | "usage on sequence"
    | "update on sequence"
    | "execute on function"
    | "execute on procedure"
    /** What no GRANT on an object gives: `pg_signal_backend, for the sessions of other roles`. */
    | "membership in";
  /** As SQL names it: qualified, and quoted where it must be; a function with its arguments' types. */
  readonly object: string;
  /** Whether an extension has brought it, of which another version may have other arguments. */
  readonly isOfExtension?: true;
}

export interface Param {
  /** The n of `$n`. */
  readonly number: number;
  /** As the author named it or as inferred from what it meets; unique within the query, not yet a TypeScript identifier. */
  readonly name: string;
  readonly type: Oid;
  /** What `format_type` prints. */
  readonly display: string;
  /** Whether NULL is a sensible argument. */
  readonly nullable: boolean;
  /** Why it is called so, and why it takes NULL or does not. */
  readonly because: ParamReasons;
  /** For arrays: whether NULL is a sensible element. */
  readonly elementsNullable: boolean;
  /** Written as `sqlc.slice(…)`: an array whose elements are the values of an IN list. */
  readonly slice: boolean;
  /** Stands in LIMIT or OFFSET: a bigint to PostgreSQL, a small number to everyone else. */
  readonly countsRows?: true;
  /** Stands in `$1::pair is null`, of a composite type: that holds of a row of NULLs, too. */
  readonly isRowTested?: true;
  /** The column that it is compared with or stored in, if one; its overrides apply to the parameter too. */
  readonly origin: ColumnOrigin | null;
  /** The texts that a CHECK on the column allows, or null. */
  readonly values: readonly string[] | null;
  /** Of JSON that is read as rows (`json_to_recordset($1)`) and nothing else: what each has. */
  readonly record?: RecordParam;
}

/** JSON that stands for a row, or for several. */
export interface RecordParam {
  readonly isArray: boolean;
  /** What is looked for in each row, by the name of its key; the number is its place among them, from 1. */
  readonly fields: readonly Param[];
}

export interface Column {
  /** The output name that PostgreSQL gives, stripped of a `!`/`?` suffix; may be duplicated or no identifier. */
  readonly name: string;
  readonly type: Oid;
  readonly display: string;
  readonly nullable: boolean;
  /** Why it can be NULL, or cannot. */
  readonly because: Reason;
  /** That it is always NULL. */
  readonly isNull?: true;
  /** For arrays: whether an element can be NULL. True unless proven. */
  readonly elementsNullable: boolean;
  /** Why it can, or cannot; absent where nothing is known of the elements. */
  readonly elementsBecause?: Reason;
  /** For arrays: how many dimensions it has where it has elements; null where its type alone is known. */
  readonly dimensions: number | null;
  /** The table column that it delivers unchanged, if any. */
  readonly origin: ColumnOrigin | null;
  /** The texts that a CHECK on the origin column allows, or null. */
  readonly values: readonly string[] | null;
  /** What a computed JSON value is made of (`json_agg`, `jsonb_build_object`, `row_to_json` …), of an array of such each element; or null. */
  readonly shape: JsonShape | null;
  /** Of a row, or of each in an array of rows: its attributes, in order; absent where its type says all that is known. */
  readonly attributes?: readonly RowAttribute[];
}

/** What is known of an attribute of rows that are there. */
export interface RowAttribute extends Omit<Column, "display" | "because" | "elementsBecause"> {
  /** Of an array whose own type is not named anywhere: that of its elements. Its `type` is 0 then. */
  readonly arrayOf?: Oid;
}

export interface ColumnOrigin {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

export interface Embed {
  /** The argument of `sqlc.embed`, unquoted: a table, view, alias, CTE or subquery. */
  readonly name: string;
  /** Index of its first column in `Query.columns`, and how many. */
  readonly start: number;
  readonly length: number;
  /** The relation whose full row it is (then its model can be reused), else null (CTE, subquery). */
  readonly relation: Oid | null;
  /** Whether the whole row can be missing: it stands on the null side of an outer join. */
  readonly nullable: boolean;
  /**
   * For a nullable embed: the index in `Query.columns` of a column that is NULL only where the row is missing,
   * or null where there is none (then the row counts as missing when all its columns are NULL).
   */
  readonly presence: number | null;
}

export interface InsertTarget {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/** What a JSON value looks like after `JSON.parse`. */
export type JsonShape =
  | { readonly kind: "object"; readonly fields: readonly JsonField[] }
  /** An object whose keys are known only when the query runs. */
  | { readonly kind: "map"; readonly value: JsonShape; readonly valueNullable: boolean }
  | { readonly kind: "array"; readonly element: JsonShape; readonly elementNullable: boolean }
  /** An array of which each item is known by its place. */
  | { readonly kind: "tuple"; readonly items: readonly JsonItem[] }
  /** One of several; of none where there is no value, but NULL. */
  | { readonly kind: "union"; readonly members: readonly JsonShape[] }
  /** JSON's own null, where it stands for itself and not for NULL. */
  | { readonly kind: "null" }
  /** A PostgreSQL value turned into JSON by `to_json`'s rules: numbers and booleans as such, most others as text. */
  | {
      readonly kind: "scalar";
      readonly type: Oid;
      readonly values: readonly string[] | null;
      /** The column whose value it is, as it is stored. */
      readonly origin?: ColumnOrigin;
    }
  /** Any JSON; that of a stored column, if one. */
  | { readonly kind: "unknown"; readonly origin?: ColumnOrigin };

export interface JsonItem {
  readonly shape: JsonShape;
  readonly nullable: boolean;
}

export interface JsonField extends JsonItem {
  readonly name: string;
  /** Whether an object may be without it. */
  readonly optional?: true;
}
