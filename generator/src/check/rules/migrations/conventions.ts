import { showTable } from "../../migrations/locks.ts";
import { featuresAfter } from "../../newer-features.ts";
import { namesOf, nodesOf, type Raw } from "../../raw-tree.ts";
import { NEWER_THAN_TARGET, newerFinding } from "../newer-than-target.ts";
import { migrationRule, statementRule } from "../rule.ts";

export const foreignKeyWithoutIndex = migrationRule({
  code: "foreign-key-without-index",
  severity: "warning",
  summary: "a foreign key whose columns no index begins with",
  why: "Deleting a row of the table referred to, or changing its key, searches this table for rows that refer to it: from end to end, once for each row deleted, while a lock is held. Joins along the key do the same.",
  mend: "Create an index that begins with the key's columns (concurrently, where the table is in use), before the key is added.",
  alike: ["eugene E15"],
  *check(migration) {
    for (const statement of migration.statements) {
      for (const { table, columns, location } of foreignKeys(statement)) {
        if (isIndexed(migration.statements, statement.index, table, columns)) continue;
        const shown = columns.map((c) => `"${c}"`).join(", ");
        yield { statement, message: `no index of "${table}" begins with ${shown}`, location };
      }
    }
  },
});

interface ForeignKey {
  readonly table: string;
  readonly columns: readonly string[];
  readonly location: number | undefined;
}

type Statements = Parameters<typeof foreignKeyWithoutIndex.check>[0]["statements"];
type Statement = Statements[number];

function foreignKeys(statement: Statement): ForeignKey[] {
  const { kind, tree } = statement;
  const table = tree.relation?.relname as string | undefined;
  if (table === undefined) return [];
  const key = (constraint: Raw, column?: string): ForeignKey[] =>
    constraint.contype === "CONSTR_FOREIGN"
      ? [{ table, columns: column ? [column] : namesOf(constraint.fk_attrs), location: constraint.location }]
      : [];
  if (kind === "CreateStmt") {
    return [
      ...nodesOf(tree.tableElts, "ColumnDef").flatMap((column) =>
        nodesOf(column.constraints, "Constraint").flatMap((c) => key(c, column.colname)),
      ),
      ...nodesOf(tree.tableElts, "Constraint").flatMap((c) => key(c)),
    ];
  }
  if (kind !== "AlterTableStmt") return [];
  return nodesOf(tree.cmds, "AlterTableCmd").flatMap(({ subtype, def }) => {
    if (subtype === "AT_AddConstraint") return key(def.Constraint);
    if (subtype !== "AT_AddColumn") return [];
    return nodesOf(def.ColumnDef.constraints, "Constraint").flatMap((c) => key(c, def.ColumnDef.colname));
  });
}

/** By an index or key that was there, or that this migration makes. */
function isIndexed(statements: Statements, index: number, table: string, columns: readonly string[]): boolean {
  const begins = (keys: readonly (string | null)[]): boolean => {
    const head = keys.slice(0, columns.length);
    return head.length === columns.length && columns.every((column) => head.includes(column));
  };
  const before = statements[index]!.tables.all.find((t) => t.name === table);
  if (before?.indexes.some(({ columns: keys }) => begins(keys))) return true;
  return statements.some((other) => {
    if (other.tree.relation?.relname !== table) return false;
    if (other.kind === "IndexStmt")
      return begins(nodesOf(other.tree.indexParams, "IndexElem").map((e) => e.name ?? null));
    return keysDefined(other).some(begins);
  });
}

function keysDefined({ kind, tree }: Statement): string[][] {
  const isKey = (c: Raw): boolean => c.contype === "CONSTR_PRIMARY" || c.contype === "CONSTR_UNIQUE";
  if (kind === "CreateStmt") {
    return [
      ...nodesOf(tree.tableElts, "ColumnDef").flatMap((column) =>
        nodesOf(column.constraints, "Constraint").some(isKey) ? [[column.colname as string]] : [],
      ),
      ...nodesOf(tree.tableElts, "Constraint")
        .filter(isKey)
        .map((c) => namesOf(c.keys)),
    ];
  }
  return nodesOf(tree.cmds, "AlterTableCmd").flatMap(({ def }) => {
    if (def?.Constraint && isKey(def.Constraint)) return [namesOf(def.Constraint.keys)];
    if (def?.ColumnDef && nodesOf(def.ColumnDef.constraints, "Constraint").some(isKey)) return [[def.ColumnDef.colname]];
    return [];
  });
}

/** NAMEDATALEN less one. */
const LONGEST_NAME = 63;

export const identifierTooLong = statementRule({
  code: "identifier-too-long",
  severity: "warning",
  summary: "a name of more than 63 bytes is cut off",
  why: "PostgreSQL shortens it, with a mere notice. The object has another name than the migration says, and two long names that begin alike collide.",
  mend: "Choose a shorter name.",
  alike: ["squawk identifier-too-long"],
  *check({ kind, tree }) {
    const long = new Set<string>();
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(visit);
      else if (typeof value === "object" && value !== null) {
        for (const [key, inner] of Object.entries(value)) {
          const isName = NAME_FIELDS.has(key) && typeof inner === "string" && Buffer.byteLength(inner) > LONGEST_NAME;
          if (isName) long.add(inner as string);
          visit(inner);
        }
      }
    };
    visit({ [kind]: tree });
    for (const name of long) yield { message: `the name "${name}" is cut off after ${LONGEST_NAME} bytes` };
  },
});

const NAME_FIELDS = new Set(["relname", "colname", "conname", "idxname", "newname", "trigname", "policy_name", "schemaname"]);

export const domainConstraint = statementRule({
  code: "domain-constraint",
  severity: "info",
  summary: "a domain's constraint cannot be changed without reading every table that uses it",
  why: "A constraint of a domain is checked against all columns of the domain, under locks on all their tables. A CHECK constraint of a table can be added `not valid`.",
  mend: "Put the constraint on the table's column.",
  alike: ["squawk ban-create-domain-with-constraint, ban-alter-domain-with-add-constraint"],
  *check({ kind, tree, effects }) {
    const isAdded = kind === "AlterDomainStmt" && tree.subtype === "C" && !tree.def?.Constraint?.skip_validation;
    if (isAdded && effects.locks.some(({ table }) => !table.isNew))
      yield { message: "every table with a column of this domain is read, and locked meanwhile" };
  },
});

export const enumCreated = statementRule({
  code: "enum-created",
  severity: "off",
  summary: "an enum's values cannot be removed",
  why: "A value can be added and renamed, never removed, but by a new type and a rewrite of every table that uses it.",
  mend: "Use a table of the values with a foreign key, or `text` with a CHECK constraint.",
  alike: ["eugene W13"],
  *check({ kind, tree }) {
    if (kind === "CreateEnumStmt") yield { message: `"${namesOf(tree.typeName).at(-1)}" is an enum` };
  },
});

export const enumValueOrder = statementRule({
  code: "enum-value-order",
  severity: "off",
  summary: "ALTER TYPE … ADD VALUE without BEFORE or AFTER puts the value last",
  why: "Enums sort in the order of their values, and the order cannot be changed later.",
  mend: "Say where it belongs: `add value 'x' after 'y'`.",
  alike: ["squawk require-enum-value-ordering"],
  *check({ kind, tree }) {
    if (kind === "AlterEnumStmt" && tree.newVal && !tree.oldVal && !tree.newValNeighbor)
      yield { message: `"${tree.newVal}" becomes the last value` };
  },
});

export const notIdempotent = statementRule({
  code: "not-idempotent",
  severity: "off",
  summary: "a statement outside of a transaction that cannot be run a second time",
  why: "Where a migration without a transaction fails half-way, it must be run again, and trips over what its first half made.",
  mend: "Write `if not exists` or `if exists`. (A failed `create index concurrently` leaves an invalid index behind: `drop index concurrently if exists` before it.)",
  alike: ["squawk prefer-robust-stmts"],
  *check({ kind, tree, transaction }) {
    if (transaction !== "own") return;
    const isCreate = kind === "CreateStmt" || kind === "IndexStmt" || kind === "CreateSchemaStmt" || kind === "CreateSeqStmt";
    if (isCreate && !tree.if_not_exists) yield { message: "this fails the second time: no IF NOT EXISTS" };
    if (kind === "DropStmt" && !tree.missing_ok) yield { message: "this fails the second time: no IF EXISTS" };
  },
});

export const schemaUnqualified = statementRule({
  code: "schema-unqualified",
  severity: "off",
  summary: "a table is created without naming its schema",
  why: "It goes into the first schema of the `search_path`, which is another one for another role.",
  mend: "Write `create table public.t …`.",
  alike: ["squawk require-table-schema"],
  *check({ kind, tree }) {
    if (kind === "CreateStmt" && !tree.relation.schemaname && tree.relation.relpersistence !== "t")
      yield { message: `"${tree.relation.relname}" goes into the first schema of the search_path`, location: tree.relation.location };
  },
});

export const wideIndex = statementRule({
  code: "wide-index",
  severity: "off",
  summary: "a non-unique index of more than three columns",
  why: "The fourth column seldom makes a search faster, and always makes the index bigger and writes slower.",
  mend: "Keep the columns that select most; use `include` for those that are only read.",
  alike: ["strong_migrations indexes of more than three columns"],
  *check({ kind, tree, tables }) {
    if (kind !== "IndexStmt" || tree.unique || nodesOf(tree.indexParams, "IndexElem").length <= 3) return;
    const table = tables.get(tree.relation);
    yield { message: `an index of ${tree.indexParams.length} columns${table ? ` on ${showTable(table)}` : ""}` };
  },
});

export const newerThanTargetInMigration = statementRule({
  ...NEWER_THAN_TARGET,
  *check({ kind, tree, migration }) {
    const target = migration.options.target_version;
    if (target === undefined) return;
    for (const feature of featuresAfter(target, kind, tree, migration.userFunctions)) yield newerFinding(feature, target);
  },
});
