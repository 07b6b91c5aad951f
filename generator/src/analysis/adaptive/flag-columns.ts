import type { Column, FlagColumns, Query } from "../../model/query.ts";
import type { ParamTest } from "./choices.ts";
import { holdingForAll } from "./merge.ts";

interface Prepared {
  readonly way: { readonly given: ReadonlySet<number> };
  readonly query: Query | null;
}

/** Tells which columns are better known where a flag is true, and where it is false; nothing of a flag that tells of none. */
export function flagColumns(
  whole: Query,
  columns: readonly Column[],
  tests: readonly ParamTest[],
  prepared: readonly Prepared[],
): FlagColumns[] {
  const flags = new Set(tests.flatMap(({ param, value }) => (isBoolean(value, param, whole) ? param : [])));
  return [...flags].flatMap((param) => {
    const where = (value: boolean): (boolean | null)[] => {
      const own = tests.filter((test) => test.param === param);
      const queries = prepared.flatMap(({ way: { given }, query }) =>
        query && own.every((test) => given.has(test.id) === (test.value === String(value))) ? query : [],
      );
      const known = holdingForAll(whole, queries).columns;
      return columns.map((column, i) => (queries.length === 0 ? null : presenceIn(column, known[i]!)));
    };
    const found = { param, whereTrue: where(true), whereFalse: where(false) };
    return [...found.whereTrue, ...found.whereFalse].some((presence) => presence !== null) ? found : [];
  });
}

function isBoolean(value: string, param: number, { params }: Query): boolean {
  const isFlag = params.find(({ number }) => number === param)?.display === "boolean";
  return isFlag && (value === "true" || value === "false");
}

/** true: never NULL, false: always; null where no more is known than of all. */
function presenceIn(column: Column, known: Column): boolean | null {
  if (!column.nullable || column.isNull) return null;
  return known.isNull ? false : known.nullable ? null : true;
}
