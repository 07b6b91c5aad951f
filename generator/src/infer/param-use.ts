import type { ColumnOrigin } from "../model/query.ts";
import type { Origin } from "./value.ts";

/** What the tree says of one `$n`, from the places where it stands. */
export interface ParamUse {
  /** From the column it meets, the function's argument, LIMIT/OFFSET; null where nothing names it. */
  readonly name: string | null;
  /** Whether NULL is a sensible argument in some place where it stands. */
  readonly nullable: boolean;
  /** Of an array: whether a NULL in it is sensible in some place where its elements stand. */
  readonly elementsNullable: boolean;
  /** Whether it stands in LIMIT or OFFSET. */
  readonly countsRows: boolean;
  /** The column of which it is a value: stored in it, or compared with it as one of the same type. */
  readonly origin: ColumnOrigin | null;
  /** That column, where the parameter is equal to one of its values or becomes one: it takes the texts that a CHECK allows. */
  readonly equal: Origin | null;
}

/** One place where a parameter, or each element of it, stands, and what it meets there. */
export interface Meeting {
  readonly name: string | null;
  /** "stored" and "compared" know a column; "counting" is LIMIT or OFFSET; "tested" is `is null`, coalesce and the like; "passed" a function's argument. */
  readonly how: "stored" | "compared" | "tested" | "passed" | "shown" | "counting";
  readonly nullable: boolean;
  /** Whether it is a column that gives the name. */
  readonly isNamedByColumn: boolean;
  /** The column of which it is a value, if it has that column's type. */
  readonly column: Origin | null;
  /** Whether it is one of the column's values, not merely beside them in order. */
  readonly isEqual: boolean;
}

const NO_COLUMN = { isNamedByColumn: false, column: null, isEqual: false } as const;

/** Where a boolean decides, NULL is one more way to say false: nobody means it. */
export const CONDITION: Meeting = { name: null, how: "passed", nullable: false, ...NO_COLUMN };
/** Where it is an output, or nothing is known of it. */
export const SHOWN: Meeting = { name: null, how: "shown", nullable: true, ...NO_COLUMN };

export function passedTo(name: string | null): Meeting {
  return { name, how: "passed", nullable: false, ...NO_COLUMN };
}

export function counting(name: "limit" | "offset"): Meeting {
  return { name, how: "counting", nullable: false, ...NO_COLUMN };
}

/** What all the places where a parameter stands say of it, and of its elements. */
export function summary(meetings: readonly Meeting[], ofElements: readonly Meeting[]): ParamUse {
  const withColumn = meetings.find((m) => m.how === "stored" && m.column) ?? meetings.find((m) => m.column);
  const named =
    meetings.find((m) => m.how === "stored" && m.isNamedByColumn) ??
    meetings.find((m) => m.isNamedByColumn) ??
    meetings.find((m) => m.name !== null && m.how !== "shown") ??
    meetings.find((m) => m.name !== null);
  const column = withColumn?.column ?? null;
  return {
    name: named?.name ?? null,
    nullable: takesNull(meetings),
    elementsNullable: takesNull(ofElements),
    countsRows: meetings.some((m) => m.how === "counting"),
    origin: column
      ? { schema: column.relation.schema, table: column.relation.name, column: column.column.name }
      : null,
    equal: withColumn?.isEqual ? column : null,
  };
}

/** Stored in a NOT NULL column, NULL is an error however else it is used; otherwise any place that can do with NULL decides. */
function takesNull(meetings: readonly Meeting[]): boolean {
  if (meetings.some((m) => m.how === "stored" && !m.nullable)) return false;
  const deciding = meetings.filter((m) => m.how !== "tested" && m.how !== "shown");
  return (
    meetings.some((m) => m.how === "tested") || deciding.length === 0 || deciding.some((m) => m.nullable)
  );
}
