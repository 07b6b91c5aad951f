import { ruleOptions } from "../../../config/options/rules.ts";
import { typeNameOf } from "../../../postgres/raw-tree.ts";
import { columnDefinitions } from "../../migrations/alter-table.ts";
import { statementRule } from "../rule.ts";

/** Size and alignment in bytes (`pg_type.typlen`, `typalign`) of the types of fixed length. */
const FIXED: Readonly<Record<string, readonly [size: number, alignment: number]>> = {
  int8: [8, 8],
  bigserial: [8, 8],
  serial8: [8, 8],
  float8: [8, 8],
  timestamp: [8, 8],
  timestamptz: [8, 8],
  time: [8, 8],
  interval: [16, 8],
  int4: [4, 4],
  serial: [4, 4],
  serial4: [4, 4],
  float4: [4, 4],
  date: [4, 4],
  int2: [2, 2],
  smallserial: [2, 2],
  bool: [1, 1],
  uuid: [16, 1],
};
/** A row begins at a multiple of this (`MAXALIGN`). */
const ROW = 8;

export const columnAlignment = statementRule({
  code: "column-alignment",
  severity: "off",
  summary: "another order of columns would make each row at least eight bytes smaller",
  why: "A `bigint` or `timestamptz` begins at a multiple of eight bytes: behind a `boolean`, seven bytes of each row are padding. On a big table that is memory and disk.",
  mend: "Put the columns of fixed length first, the widest first: eight bytes, four, two, one; then those of variable length.",
  alike: ["atlas PG110"],
  *check(statement) {
    if (statement.kind !== "CreateStmt" || statement.tree.partbound) return;
    const columns = columnDefinitions(statement).flatMap(({ column }) => {
      const isArray = column.typeName?.arrayBounds?.length;
      const fixed = isArray ? undefined : FIXED[typeNameOf(column.typeName)];
      return fixed ? [fixed] : [];
    });
    const best = [...columns].sort(([, a], [, b]) => b - a);
    const wasted = padded(columns) - padded(best);
    if (wasted >= ruleOptions(statement.migration.options.rules, "column-alignment").least)
      yield {
        message: `${wasted} bytes of each row of "${statement.tree.relation?.relname}" are padding between its columns`,
      };
  },
});

/** The length of the columns one behind the other; those of variable length are taken to come last. */
function padded(columns: readonly (readonly [size: number, alignment: number])[]): number {
  const end = columns.reduce((at, [size, alignment]) => Math.ceil(at / alignment) * alignment + size, 0);
  return Math.ceil(end / ROW) * ROW;
}
