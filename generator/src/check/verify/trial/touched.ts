import { nodeOf, nodesOf, type RawKind, type RawTree } from "../../../postgres/raw-tree.ts";
import { isNamed, partsOf } from "../../../sql/quoting.ts";
import type { Catalog } from "../../schema/catalog.ts";
import type { MigrationStatement } from "../added-files.ts";
import type { Routines } from "../called.ts";
import { type Reach, reachOfTexts } from "../concerns/access.ts";
import { isOpen } from "../concerns/body-writes.ts";

/** The tables, `schema.name`, that running a migration may have to do with. */
interface Touched {
  /** Those of which it may make values, or the names that they have, others. */
  readonly written: ReadonlySet<string>;
  /** Those whose rows may have a part in that. */
  readonly needed: ReadonlySet<string>;
}

/**
 * Finds what running statements may have to do with: whatever their texts name, and what that sets off.
 * @param catalogs what they are run on, and what they lead to
 * @returns null where it may be any table
 */
export async function touchedBy(
  statements: readonly MigrationStatement[],
  catalogs: readonly [Catalog, Catalog],
  routines: Routines,
): Promise<Touched | null> {
  const [base] = catalogs;
  const written = new Set<string>();
  const needed = new Set<string>();
  const told = statements.filter(({ statement }) => !keepsStored(statement, base));
  if (told.length === 0) return { written, needed };
  for (const { statement, sql } of statements) {
    routines.note(statement, sql);
    if (!isBounded(statement, sql, base) || (await routines.whole(statement, sql)).isOpen) return null;
  }
  for (const catalog of catalogs) {
    const reach = reachOfTexts(
      statements.map(({ sql }) => sql),
      catalog,
    );
    if (mayGoAnywhere(reach, catalog)) return null;
    for (const [key, kinds] of reach.tables)
      for (const table of tableNamed(key, catalog)) {
        needed.add(table);
        if (kinds.size > 1 || !kinds.has("select")) written.add(table);
      }
    for (const key of reach.keys) for (const table of tableNamed(key, catalog)) needed.add(table);
    for (const parent of reach.parents) needed.add(parent);
  }
  return { written, needed };
}

function tableNamed(key: string, { objects }: Catalog): string[] {
  const object = objects.get(key);
  return object?.kind === "table" ? [partsOf(object.identity).join(".")] : [];
}

/** Tells whether what is reached does more than its text says: it executes texts that it makes, or is set off by any statement, or is the type of values elsewhere. */
function mayGoAnywhere({ keys, tables }: Reach, catalog: Catalog): boolean {
  const objects = [...catalog.objects.values()];
  return (
    objects.some(({ kind }) => kind === "event trigger") ||
    [...keys].some((key) => {
      const object = catalog.objects.get(key);
      return (object?.kind === "function" || object?.kind === "procedure") && isOpen(object.properties);
    }) ||
    [...tables.keys()].some((key) => isTypeElsewhere(key, catalog))
  );
}

/** Tells whether the rows of a table are values in another place. */
const isTypeElsewhere = (table: string, { objects, needs }: Catalog): boolean =>
  [...objects.values()].some(
    ({ key, kind, parent }) =>
      (kind === "column" || kind === "attribute" || kind === "domain") &&
      parent !== table &&
      needs.get(key)?.has(table),
  );

/** Tells whether the texts of a statement name all that it may write to. */
function isBounded(statement: RawTree, sql: string, base: Catalog): boolean {
  const { kind, tree } = statement;
  if (kind === "CreateFunctionStmt") return isBoundedBody(tree.options, sql);
  if (kind === "DoStmt") return isBoundedBody(tree.args, sql);
  // The type of whatever column has it.
  if (kind === "AlterTableStmt") return tree.objtype !== "OBJECT_TYPE";
  if (kind === "RenameStmt" && tree.relation !== undefined) return true;
  return BOUNDED.has(kind) || keepsStored(statement, base);
}

const isBoundedBody = (options: Parameters<typeof nodesOf>[0], sql: string): boolean => {
  const given = nodesOf(options, "DefElem").find(({ defname }) => defname === "language");
  return !isOpen({ language: nodeOf(given?.arg, "String")?.sval?.toLowerCase() ?? "plpgsql", body: sql });
};

const BOUNDED: ReadonlySet<RawKind> = new Set<RawKind>([
  "CallStmt",
  "CreateTableAsStmt",
  "DeleteStmt",
  "InsertStmt",
  "LockStmt",
  "MergeStmt",
  "RefreshMatViewStmt",
  "RuleStmt",
  "SelectStmt",
  "TruncateStmt",
  "UpdateStmt",
  "ViewStmt",
]);

/** Tells whether a statement leaves the values that are stored, and the names that they have on this schema, as they are. */
function keepsStored(statement: RawTree, base: Catalog): boolean {
  if (keepsValues(statement)) return true;
  const { kind, tree } = statement;
  if (kind === "RenameStmt") {
    const { renameType, relation, newname } = tree;
    const table = renameType === "OBJECT_COLUMN" ? [relation?.relname] : [];
    return newname !== undefined && !isTaken([...table, newname], base);
  }
  if (kind !== "AlterTableStmt" || tree.objtype !== "OBJECT_TABLE") return false;
  const table = tree.relation?.relname;
  return (
    nodesOf(tree.cmds, "AlterTableCmd").every(({ subtype, def }) => {
      const added = subtype === "AT_AddColumn" ? nodeOf(def, "ColumnDef")?.colname : undefined;
      return !CHANGING.has(subtype) || (added !== undefined && !isTaken([table, added], base));
    }) &&
    // A row of it that is stored elsewhere has one more field.
    ![...base.objects.values()].some(
      ({ kind: other, identity, key }) =>
        other === "table" && partsOf(identity).at(-1) === table && isTypeElsewhere(key, base),
    )
  );
}

/** Tells whether anything has a name that ends so, whatever it is. */
const isTaken = (path: readonly (string | undefined)[], { objects }: Catalog): boolean =>
  [...objects.values()].some(({ identity }) => isNamed(identity, path));

/** Tells whether a statement leaves the values that are stored, and the names that they have, as they are. */
export function keepsValues({ kind, tree }: RawTree): boolean {
  if (kind !== "AlterTableStmt") return KEEPING.has(kind);
  return nodesOf(tree.cmds, "AlterTableCmd").every(({ subtype }) => !CHANGING.has(subtype));
}

const CHANGING: ReadonlySet<unknown> = new Set([
  "AT_AddColumn",
  "AT_AlterColumnType",
  "AT_AttachPartition",
  "AT_DetachPartition",
  "AT_SetExpression",
  "AT_DropExpression",
]);

const KEEPING: ReadonlySet<RawKind> = new Set<RawKind>([
  "AlterDatabaseSetStmt",
  "AlterDefaultPrivilegesStmt",
  "AlterDomainStmt",
  "AlterEnumStmt",
  "AlterExtensionStmt",
  "AlterFunctionStmt",
  "AlterOwnerStmt",
  "AlterPolicyStmt",
  "AlterRoleSetStmt",
  "AlterRoleStmt",
  "AlterSeqStmt",
  "CommentStmt",
  "CompositeTypeStmt",
  "CreateCastStmt",
  "CreateDomainStmt",
  "CreateEnumStmt",
  "CreateExtensionStmt",
  "CreateFunctionStmt",
  "CreatePolicyStmt",
  "CreateRangeStmt",
  "CreateRoleStmt",
  "CreateSchemaStmt",
  "CreateSeqStmt",
  "CreateStatsStmt",
  "CreateStmt",
  "CreateTrigStmt",
  "DefineStmt",
  "DropOwnedStmt",
  "DropRoleStmt",
  "DropStmt",
  "GrantRoleStmt",
  "GrantStmt",
  "IndexStmt",
  "SecLabelStmt",
  "TransactionStmt",
  "VariableSetStmt",
]);
