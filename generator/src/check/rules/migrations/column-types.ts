import { namesOf, nodesOf, typeNameOf } from "../../../postgres/raw-tree.ts";
import { type ColumnDefinition, columnDefinitions, tableName } from "../../migrations/alter-table.ts";
import type { CheckedStatement } from "../../migrations/checked.ts";
import { type Finding, type RuleSeverity, statementRule } from "../rule.ts";

interface TypeRule {
  readonly code: string;
  readonly severity: RuleSeverity;
  readonly summary: string;
  readonly why: string;
  readonly mend: string;
  readonly alike: readonly string[];
  readonly types: RegExp;
  /** The type as it is called when all migrations have run. */
  readonly final: RegExp;
  readonly message: (column: string, type: string) => string;
  /** Further conditions. */
  readonly when?: (definition: ColumnDefinition, statement: CheckedStatement) => boolean;
}

function typeRule({ types, final, message, when, ...facts }: TypeRule) {
  return statementRule({
    ...facts,
    *check(statement): Iterable<Finding> {
      for (const definition of columnDefinitions(statement)) {
        const { column } = definition;
        const name = column.colname ?? "";
        const type = typeNameOf(column.typeName);
        if (!types.test(type) || when?.(definition, statement) === false) continue;
        if (!lasts(statement, name, final)) continue;
        yield { message: message(name, type), location: column.location };
      }
    },
  });
}

/** Tells whether it lasts: what a later migration changes or drops is mended already. */
function lasts(statement: CheckedStatement, column: string, final: RegExp): boolean {
  const type = statement.migration.outcome.columns.get(`${tableName(statement)}.${column}`);
  return type !== undefined && final.test(type);
}

export const charType = typeRule({
  code: "char-type",
  severity: "warning",
  summary: "char(n) pads with blanks",
  why: "A `char(10)` is filled up with blanks to ten characters, which count in some places and not in others. It is neither smaller nor faster.",
  mend: "Use `text`, with `check (length(c) = 10)` if the length matters.",
  alike: ["squawk ban-char-field"],
  types: /^bpchar$/,
  final: /^character\(/,
  message: (column) => `"${column}" is padded with blanks`,
  // `char` alone is char(1), which has no blanks to pad with but for ''.
  when: ({ column }) =>
    column.typeName?.typmods !== undefined &&
    !/"ival":\{"ival":1\}/.test(JSON.stringify(column.typeName.typmods)),
});

export const timestampWithoutTimeZone = typeRule({
  code: "timestamp-without-time-zone",
  severity: "info",
  summary: "a timestamp without time zone says a clock's reading, not a moment",
  why: "`timestamp` drops the offset of what it is given, and `now()` becomes the reading of the session's clock: two servers, or one before and after a change of its time zone, write different values for the same moment.",
  mend: "Use `timestamptz`: it takes as much space, and stores the moment.",
  alike: ["squawk prefer-timestamp-tz"],
  types: /^timestamp$/,
  final: /^timestamp.* without time zone$/,
  message: (column) => `"${column}" is a timestamp without time zone`,
});

export const jsonColumn = typeRule({
  code: "json-column",
  severity: "warning",
  summary: "json has no equality: use jsonb",
  why: "`select distinct`, `union` and `group by` fail on a row with a `json` column, and every access parses the text anew. Adding one to a table breaks such queries that worked before.",
  mend: "Use `jsonb`. If the text must be kept to the letter (order of keys, white space), use `text` or ignore this finding with that reason.",
  alike: ["eugene E3", "strong_migrations adding a json column"],
  types: /^json$/,
  final: /^json$/,
  message: (column) => `"${column}" is json, which cannot be compared`,
});

export const serialColumn = typeRule({
  code: "serial-column",
  severity: "info",
  summary: "serial: an identity column is the standard's, and cannot be overwritten by accident",
  why: "The sequence of a `serial` has rights of its own, which `grant insert` on the table does not give, and any insert may write the column and collide with it later.",
  mend: "Use `bigint generated always as identity`.",
  alike: ["squawk prefer-identity", "eugene E11"],
  types: /^(small|big)?serial[248]?$/,
  final: /^(smallint|integer|bigint)$/,
  message: (column, type) => `"${column}" is ${type}`,
});

export const integerKey = typeRule({
  code: "integer-key",
  severity: "warning",
  summary: "a numbered primary key of 32 bits or less is full after two billion rows",
  why: "Inserts fail from then on, and widening the column rewrites the table and everything that refers to it. Ids of deleted rows and of failed inserts count too.",
  mend: "Use `bigint`.",
  alike: ["squawk prefer-bigint-over-int, prefer-bigint-over-smallint"],
  types: /^(int4|int2|serial4?|smallserial|serial2)$/,
  final: /^(smallint|integer)$/,
  message: (column, type) => `the key "${column}" is ${/2$|small/.test(type) ? "16" : "32"} bits wide`,
  when: isNumberedKey,
});

/** Numbered by the database, and the primary key. */
function isNumberedKey({ column, constraints }: ColumnDefinition, { tree, kind }: CheckedStatement): boolean {
  const isNumbered =
    /serial/.test(typeNameOf(column.typeName)) || constraints.some((c) => c.contype === "CONSTR_IDENTITY");
  const own = constraints.some((c) => c.contype === "CONSTR_PRIMARY");
  const table =
    kind === "CreateStmt" &&
    nodesOf(tree.tableElts, "Constraint").some(
      (c) => c.contype === "CONSTR_PRIMARY" && c.keys?.length === 1 && namesOf(c.keys)[0] === column.colname,
    );
  return isNumbered && (own || table);
}

export const integerColumn = typeRule({
  code: "integer-column",
  severity: "off",
  summary: "integer and smallint: bigint everywhere",
  why: "A counter or a reference of 32 bits overflows after two billion; a project may prefer not to think about which can.",
  mend: "Use `bigint`.",
  alike: ["squawk prefer-bigint-over-int, prefer-bigint-over-smallint"],
  types: /^(int4|int2)$/,
  final: /^(smallint|integer)$/,
  message: (column, type) => `"${column}" is ${type === "int2" ? "smallint" : "integer"}`,
});

export const varcharColumn = typeRule({
  code: "varchar-column",
  severity: "off",
  summary: "varchar(n): text with a CHECK constraint is easier to change",
  why: "A longer limit is an instant, a shorter one rewrites the table. A `check` constraint can be changed either way without.",
  mend: "Use `text`, with `check (length(c) <= n)` where there is a limit.",
  alike: ["squawk prefer-text-field"],
  types: /^varchar$/,
  final: /^character varying/,
  message: (column) => `"${column}" is varchar`,
});
