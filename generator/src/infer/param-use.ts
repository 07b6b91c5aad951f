import type { ColumnOrigin } from "../model/query.ts";
import type { RawColumn, RawRelation } from "../postgres/catalog-reader.ts";

/** What the tree says of one `$n`, from the places where it stands. */
export interface ParamUse {
  /** From the column it meets, the function's argument, LIMIT/OFFSET; null where nothing names it. */
  readonly name: string | null;
  /** Whether NULL is a sensible argument in some place where it stands. */
  readonly nullable: boolean;
  /** Whether it stands in LIMIT or OFFSET. */
  readonly countsRows: boolean;
  /** The column that it is compared with or stored in. */
  readonly origin: ColumnOrigin | null;
  readonly relation: RawRelation | null;
  readonly column: RawColumn | null;
}

/** One place where a parameter stands, and what it meets there. */
export interface Meeting {
  readonly name: string | null;
  /** "stored" and "compared" know a column; "counting" is LIMIT or OFFSET; "tested" is `is null`, coalesce and the like; "passed" a function's argument. */
  readonly how: "stored" | "compared" | "tested" | "passed" | "shown" | "counting";
  readonly nullable: boolean;
  readonly relation: RawRelation | null;
  readonly column: RawColumn | null;
}

/** Where a boolean decides, NULL is one more way to say false: nobody means it. */
export const CONDITION: Meeting = {
  name: null,
  how: "passed",
  nullable: false,
  relation: null,
  column: null,
};
/** Where it is an output, or nothing is known of it. */
export const SHOWN: Meeting = { name: null, how: "shown", nullable: true, relation: null, column: null };

/** What all the places where a parameter stands say of it. */
export function summary(meetings: readonly Meeting[]): ParamUse {
  const withColumn = meetings.find((m) => m.how === "stored" && m.column) ?? meetings.find((m) => m.column);
  const named =
    withColumn ??
    meetings.find((m) => m.name !== null && m.how !== "shown") ??
    meetings.find((m) => m.name !== null);
  const deciding = meetings.filter((m) => m.how !== "tested" && m.how !== "shown");
  const tested = meetings.some((m) => m.how === "tested");
  // Stored in a NOT NULL column, NULL is an error however else it is used; otherwise any place that can do with NULL decides.
  const refused = meetings.some((m) => m.how === "stored" && !m.nullable);
  const nullable = !refused && (tested || (deciding.length > 0 ? deciding.some((m) => m.nullable) : true));
  const relation = withColumn?.relation ?? null;
  const column = withColumn?.column ?? null;
  return {
    name: named?.name ?? null,
    nullable,
    countsRows: meetings.some((m) => m.how === "counting"),
    origin:
      relation && column ? { schema: relation.schema, table: relation.name, column: column.name } : null,
    relation,
    column,
  };
}
