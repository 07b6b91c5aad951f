import type { Oid } from "../model/catalog.ts";
import type { ParamReason, ParamReasonCode, ParamReasons } from "../model/param-reason.ts";
import type { ColumnOrigin } from "../model/query.ts";
import type { Origin } from "./value.ts";

/** What the tree says of one `$n`, from the places where it stands. */
export interface ParamUse {
  /** From the column it meets, the function's argument, LIMIT/OFFSET; null where nothing names it. */
  readonly name: string | null;
  readonly because: ParamReasons;
  /** Whether NULL is a sensible argument in some place where it stands. */
  readonly nullable: boolean;
  /** Of an array: whether a NULL in it is sensible in some place where its elements stand. */
  readonly elementsNullable: boolean;
  /** Whether it stands in LIMIT or OFFSET. */
  readonly countsRows: boolean;
  /** Whether it is asked of it as a row whether it is null, which a row of NULLs is. */
  readonly isRowTested: boolean;
  /** The column of which it is a value: stored in it, or compared with it as one of the same type. */
  readonly origin: ColumnOrigin | null;
  /** What each of the rows has that it is read as, where it is JSON that is read as rows and nothing else. */
  readonly record?: RecordUse;
  /** That column, where the parameter is equal to one of its values or becomes one: it takes the texts that a CHECK allows. */
  readonly equal: Origin | null;
}

/** Each key that is looked for in the JSON that a parameter is, and how its value is used. */
export interface RecordUse {
  readonly isArray: boolean;
  readonly fields: readonly RecordFieldUse[];
}

export interface RecordFieldUse {
  readonly name: string;
  readonly type: Oid;
  readonly use: ParamUse;
}

/** One place where a parameter, or each element of it, stands, and what it meets there. */
export interface Meeting {
  readonly name: string | null;
  /** "stored" and "compared" know a column; "counting" is LIMIT or OFFSET; "tested" is `is null`, coalesce and the like; "passed" a function's argument. */
  readonly how: "stored" | "compared" | "tested" | "passed" | "shown" | "counting";
  readonly nullable: boolean;
  /** The column or function that it meets, as a person would name it. */
  readonly about: string | null;
  /** The parameter's own place, as the tree has it. */
  readonly location?: number;
  /** Whether it is a column that gives the name. */
  readonly isNamedByColumn: boolean;
  /** The column of which it is a value, if it has that column's type. */
  readonly column: Origin | null;
  /** Whether it is one of the column's values, not merely beside them in order. */
  readonly isEqual: boolean;
  /** Whether it is tested as a row, which is null where all its fields are. */
  readonly isRow?: boolean;
}

const NO_COLUMN = { about: null, isNamedByColumn: false, column: null, isEqual: false } as const;

/** Where a boolean decides, NULL is one more way to say false: nobody means it. */
export const CONDITION: Meeting = { name: null, how: "passed", nullable: false, ...NO_COLUMN };
/** Where it is an output, or nothing is known of it. */
export const SHOWN: Meeting = { name: null, how: "shown", nullable: true, ...NO_COLUMN };

export function passedTo(name: string | null, about: string | null = null): Meeting {
  return { name, how: "passed", nullable: false, ...NO_COLUMN, about };
}

export function counting(name: "limit" | "offset"): Meeting {
  return { name, how: "counting", nullable: false, ...NO_COLUMN };
}

/** Gives what all the places where a parameter stands say of it, and of its elements. */
export function summary(
  meetings: readonly Meeting[],
  ofElements: readonly Meeting[],
  offsetOf: (location: number) => number | undefined,
): ParamUse {
  const withColumn = meetings.find((m) => m.how === "stored" && m.column) ?? meetings.find((m) => m.column);
  const named =
    meetings.find((m) => m.how === "stored") ??
    meetings.find((m) => m.isNamedByColumn) ??
    meetings.find((m) => m.name !== null && m.how !== "shown") ??
    meetings.find((m) => m.name !== null);
  const column = withColumn?.column ?? null;
  const because = (code: ParamReasonCode, { about, location = -1 }: Meeting): ParamReason => {
    const at = location < 0 ? undefined : offsetOf(location);
    return { code, ...(about === null ? {} : { subject: about }), ...(at === undefined ? {} : { at }) };
  };
  const own = takesNull(meetings);
  return {
    name: named?.name ?? null,
    because: {
      name: named ? because(nameCode(named), named) : { code: "no-name" },
      nullable: own.by ? because(nullCode(own.by, own.nullable), own.by) : { code: "shown-null" },
    },
    nullable: own.nullable,
    elementsNullable: takesNull(ofElements).nullable,
    countsRows: meetings.some((m) => m.how === "counting"),
    isRowTested: meetings.some((m) => m.isRow === true),
    origin: column
      ? { schema: column.relation.schema, table: column.relation.name, column: column.column.name }
      : null,
    equal: withColumn?.isEqual ? column : null,
  };
}

/**
 * Stored in a NOT NULL column, NULL is an error however else it is used; otherwise any place that can do with NULL decides.
 * @returns also the place that decides
 */
function takesNull(meetings: readonly Meeting[]): {
  readonly nullable: boolean;
  readonly by: Meeting | undefined;
} {
  const refusing = meetings.find((m) => m.how === "stored" && !m.nullable);
  if (refusing) return { nullable: false, by: refusing };
  const tested = meetings.find((m) => m.how === "tested");
  if (tested) return { nullable: true, by: tested };
  const deciding = meetings.filter((m) => m.how !== "shown");
  if (deciding.length === 0) return { nullable: true, by: meetings[0] };
  const taking = deciding.find((m) => m.nullable);
  return { nullable: taking !== undefined, by: taking ?? deciding[0] };
}

function nameCode({ how, isNamedByColumn, about }: Meeting): ParamReasonCode {
  if (how === "stored") return "stored-name";
  if (isNamedByColumn || (how === "tested" && about !== null)) return "column-name";
  if (how === "counting") return "counting-name";
  return about === null ? "output-name" : "argument-name";
}

function nullCode({ how }: Meeting, nullable: boolean): ParamReasonCode {
  if (how === "tested") return "tested-null";
  if (how === "stored") return nullable ? "stored-null" : "stored-value";
  if (how === "compared") return nullable ? "compared-null" : "compared-value";
  if (nullable) return "shown-null";
  return how === "counting" ? "counted-value" : "passed-value";
}
