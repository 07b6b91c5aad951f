import type { Oid } from "../model/catalog.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Expression, RangeTblFunction } from "../postgres/tree/node-types.ts";
import { isNullConstant } from "./constants.ts";
import { typeOf } from "./expression-type.ts";
import { withoutCasts } from "./operators.ts";
import { type Meeting, type RecordFieldUse, type RecordUse, summary } from "./param-use.ts";

/** A parameter that a function in FROM reads rows from: which, whether it has several, and the keys that are looked for. */
export interface RecordCall {
  readonly param: number;
  readonly isArray: boolean;
  /** Of each its place among the columns that the call gives. */
  readonly fields: readonly { readonly name: string; readonly type: Oid; readonly column: number }[];
  /** Whether only those that the statement mentions need be there: the type has them all, the author listed none. */
  readonly isByType: boolean;
}

/** Whether they give several rows, by name: those whose author lists the columns, and those that have them of a type. */
const BY_LIST: ReadonlyMap<string, boolean> = new Map([
  ["json_to_recordset", true],
  ["jsonb_to_recordset", true],
  ["json_to_record", false],
  ["jsonb_to_record", false],
]);
const BY_TYPE: ReadonlyMap<string, boolean> = new Map([
  ["json_populate_recordset", true],
  ["jsonb_populate_recordset", true],
  ["json_populate_record", false],
  ["jsonb_populate_record", false],
]);

/** Reads a call in FROM as one of those that make rows of a parameter; null for any other. */
export function recordCall(
  { funcexpr, funccolnames, funccoltypes }: RangeTblFunction,
  catalog: CatalogReader,
): RecordCall | null {
  if (funcexpr.kind !== "FuncExpr") return null;
  const fn = catalog.function(funcexpr.funcid);
  if (fn?.schema !== "pg_catalog") return null;
  const [first, second] = funcexpr.args;
  const listed = BY_LIST.get(fn.name);
  if (listed !== undefined) {
    const param = paramOf(first);
    const fields = funccolnames.map((name, column) => ({ name, type: funccoltypes[column]!, column }));
    return param === null ? null : { param, isArray: listed, fields, isByType: false };
  }
  // A row that is none gives NULL for what is not there; any other its own values.
  const typed = BY_TYPE.get(fn.name);
  if (typed === undefined || !first || !isNullConstant(withoutCasts(first))) return null;
  const param = paramOf(second);
  const type = catalog.type(typeOf(first));
  if (param === null || type?.kind !== "composite") return null;
  const fields = type.attributes.map(({ name, type: of, number }) => ({
    name,
    type: of,
    column: number - 1,
  }));
  return { param, isArray: typed, fields, isByType: true };
}

function paramOf(expr: Expression | undefined): number | null {
  const bare = expr && withoutCasts(expr);
  return bare?.kind === "Param" && bare.paramkind === "PARAM_EXTERN" ? bare.paramid : null;
}

/** Collects how the rows that parameters are read as are used. */
export class RecordUses {
  readonly #calls = new Map<number, RecordCall[]>();
  readonly #meetings = new Map<number, Map<string, Meeting[]>>();

  call(call: RecordCall): void {
    this.#calls.set(call.param, [...(this.#calls.get(call.param) ?? []), call]);
  }

  /** @param column its place among the call's; null for the whole row */
  meets(call: RecordCall, column: number | null, meeting: Meeting): void {
    const fields = call.fields.filter((field) => column === null || field.column === column);
    const own = this.#meetings.get(call.param) ?? new Map<string, Meeting[]>();
    this.#meetings.set(call.param, own);
    for (const { name } of fields) own.set(name, [...(own.get(name) ?? []), meeting]);
  }

  /**
   * Gives what a parameter must hold; null where it is no rows, or not only that.
   * @param places how many it stands in
   */
  of(param: number, places: number, offsetOf: (location: number) => number | undefined): RecordUse | null {
    const calls = this.#calls.get(param) ?? [];
    const [first] = calls;
    if (!first || calls.length !== places || calls.some(({ isArray }) => isArray !== first.isArray))
      return null;
    const meetings = this.#meetings.get(param);
    const fields = new Map<string, RecordFieldUse>();
    for (const call of calls)
      for (const { name, type } of call.fields) {
        const met = meetings?.get(name) ?? [];
        if (call.isByType && met.length === 0) continue;
        if ((fields.get(name)?.type ?? type) !== type) return null;
        fields.set(name, { name, type, use: summary(met, [], offsetOf) });
      }
    return { isArray: first.isArray, fields: [...fields.values()] };
  }
}
