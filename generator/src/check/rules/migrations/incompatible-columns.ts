import type { TypeName } from "libpg-query";
import { nodeOf, nodesOf, typeNameOf } from "../../../postgres/raw-tree.ts";
import { alterCommands, columnDefinitions, tableInUse, tableName } from "../../migrations/alter-table.ts";
import type { TableState } from "../../migrations/checked.ts";
import { showTable } from "../../migrations/locks.ts";
import { statementRule } from "../rule.ts";

export const requiredColumnAdded = statementRule({
  code: "required-column-added",
  severity: "error",
  summary: "a NOT NULL column without a default is added to a table in use",
  why: "It fails as soon as the table has a row. And inserts of the running version, which do not know the column, are refused.",
  mend: "Add it with a default; or without NOT NULL, and make it so when all code writes it and the old rows are filled.",
  alike: ["atlas MF103", "squawk adding-required-field"],
  *check(statement) {
    const table = tableInUse(statement);
    if (!table || table.kind === "v") return;
    for (const { column, constraints, added } of columnDefinitions(statement)) {
      const has = (type: string): boolean => constraints.some((c) => c.contype === type);
      const isFilled =
        has("CONSTR_DEFAULT") ||
        has("CONSTR_GENERATED") ||
        has("CONSTR_IDENTITY") ||
        /serial$/.test(typeNameOf(column.typeName));
      if (!added || isFilled || !(has("CONSTR_NOTNULL") || has("CONSTR_PRIMARY"))) continue;
      yield {
        message: `the column "${column.colname}" of ${showTable(table)} must have a value, and rows that are there have none`,
        location: column.location,
      };
    }
  },
});

export const columnTypeChanged = statementRule({
  code: "column-type-changed",
  severity: "warning",
  summary: "a column of a table in use gets another type",
  why: "Code of the running version was generated for the old type: it reads values of another kind, and what it writes may no longer fit. (Whether the table is rewritten as well, the rule `table-rewrite` says.)",
  mend: "Add a column of the new type, write both, copy the old values in batches, read the new one, then drop the old one.",
  alike: ["squawk changing-column-type", "strong_migrations changing the type of a column"],
  *check(statement) {
    const table = tableInUse(statement);
    if (!table) return;
    const rewritten = statement.effects.work.some((work) => work.kind === "rewrite" && !work.table.isNew);
    for (const { subtype, name, def } of alterCommands(statement)) {
      const column = table.columns.find((c) => c.name === name);
      if (subtype !== "AT_AlterColumnType" || !column) continue;
      const type = nodeOf(def, "ColumnDef")?.typeName;
      const to = typeNameOf(type);
      // varchar(20) to varchar(40) or text: every value fits, and reads as before.
      if (!rewritten && (to === "text" || column.type.replace(/\(.*/, "") === SHOWN[to])) continue;
      yield {
        message: `"${name}" of ${showTable(table)} changes from ${column.type} to ${shownType(to, type)}`,
      };
    }
  },
});

/** Writes a type as the catalog does, with what stands in parentheses behind its first word. */
function shownType(name: string, type: TypeName | undefined): string {
  const modifiers = nodesOf(type?.typmods, "A_Const").flatMap(({ ival }) => (ival ? [ival.ival ?? 0] : []));
  const shown = SHOWN[name] ?? name;
  const array = (type?.arrayBounds ?? []).map(() => "[]").join("");
  if (name === "interval") return shownInterval(modifiers) + array;
  return modifiers.length === 0
    ? shown + array
    : shown.replace(/^(?:character varying|\S+)/, `$&(${modifiers.join(",")})`) + array;
}

/** The bits of an interval's first modifier, from the largest field to the smallest. */
const FIELDS = [
  ["year", 1 << 2],
  ["month", 1 << 1],
  ["day", 1 << 3],
  ["hour", 1 << 10],
  ["minute", 1 << 11],
  ["second", 1 << 12],
] as const;
/** All fields: `interval(2)`. */
const WHOLE = 0x7fff;

/** `interval day to second(2)`. @param modifiers which fields it has, and how many digits of a second */
function shownInterval([fields = WHOLE, digits]: readonly number[]): string {
  const precision = digits === undefined ? "" : `(${digits})`;
  const kept = fields === WHOLE ? [] : FIELDS.flatMap(([name, bit]) => ((fields & bit) === 0 ? [] : [name]));
  const [first] = kept;
  if (first === undefined) return `interval${precision}`;
  const range = kept.length === 1 ? first : `${first} to ${kept.at(-1)}`;
  return `interval ${range}${precision}`;
}

const SHOWN: Readonly<Record<string, string>> = {
  varchar: "character varying",
  bpchar: "character",
  int8: "bigint",
  int4: "integer",
  int2: "smallint",
  bool: "boolean",
  timestamptz: "timestamp with time zone",
  timestamp: "timestamp without time zone",
  float8: "double precision",
  float4: "real",
  numeric: "numeric",
};

export const uniqueOnExisting = statementRule({
  code: "unique-on-existing",
  severity: "warning",
  summary: "a unique index on columns that have rows: it fails where two are equal",
  why: "The migration worked on your machine, and fails in production where two rows are equal already. A concurrent build leaves an invalid index behind then, which still slows down writes.",
  mend: "Look for duplicates first (`select …, count(*) … group by … having count(*) > 1`), and ignore this finding with what you saw.",
  alike: ["atlas MF101, MF102"],
  *check(statement) {
    const { kind, tree } = statement;
    if (kind !== "IndexStmt" || !tree.unique) return;
    const table = tableInUse(statement);
    if (!table) return;
    const columns = nodesOf(tree.indexParams, "IndexElem").map((element) => element.name ?? null);
    // Of a column that this migration brings, no two values are equal but its default.
    const isNew = columns.every((name) => name !== null && addedHere(statement, table.name, name));
    // Unique already by fewer columns; NULLs, which differ otherwise, must not be there if they are to be equal.
    const isUnique = (one: TableState): boolean =>
      one.indexes.some(
        (i) => i.unique && i.columns.every((name) => name !== null && columns.includes(name)),
      ) &&
      (!tree.nulls_not_distinct || one.columns.every((c) => c.notNull || !columns.includes(c.name)));
    // An index that the migration has dropped before has kept them so until now.
    const isProven = [statement, ...statement.migration.statements.slice(0, statement.index)].some(
      ({ tables }) => tables.all.some((one) => one.oid === table.oid && isUnique(one)),
    );
    if (!isNew && !isProven)
      yield { message: `rows of ${showTable(table)} may be equal already in what must be unique` };
  },
});

function addedHere(
  { migration, index }: Parameters<typeof tableInUse>[0],
  table: string,
  name: string,
): boolean {
  return migration.statements
    .slice(0, index)
    .some(
      (other) =>
        tableName(other) === table &&
        columnDefinitions(other).some(({ column, added }) => added && column.colname === name),
    );
}
