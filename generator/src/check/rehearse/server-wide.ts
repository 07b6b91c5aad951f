import type { ObjectType, RoleSpec } from "libpg-query";
import { type AnyFields, nodesOf, type RawKind, type RawTree } from "../../postgres/raw-tree.ts";

const WHOLE_SERVER: ReadonlySet<RawKind> = new Set<RawKind>([
  "AlterDatabaseRefreshCollStmt",
  "AlterDatabaseSetStmt",
  "AlterDatabaseStmt",
  "AlterSystemStmt",
  "AlterTableSpaceOptionsStmt",
  "CreateTableSpaceStmt",
  "CreatedbStmt",
  "DropTableSpaceStmt",
  "DropdbStmt",
]);

const OF_SERVER: ReadonlySet<unknown> = new Set<ObjectType>([
  "OBJECT_DATABASE",
  "OBJECT_PARAMETER_ACL",
  "OBJECT_TABLESPACE",
]);

/** Tells whether a statement changes something outside of the database that it runs in; making a role is none of that, since it can be dropped again. */
export function changesServer(statement: RawTree, wasThere: (role: string) => boolean): boolean {
  const { kind, tree } = statement;
  const { objtype, objectType, renameType }: AnyFields = tree;
  if (WHOLE_SERVER.has(kind) || OF_SERVER.has(objtype ?? objectType ?? renameType)) return true;
  return rolesChangedBy(statement).some((role) => role === null || wasThere(role));
}

/** Gives the roles that are changed or dropped by their names; null for one that is not named. */
function rolesChangedBy({ kind, tree }: RawTree): (string | null)[] {
  switch (kind) {
    case "AlterRoleStmt":
      return [nameOf(tree.role)];
    case "AlterRoleSetStmt":
      // ALTER ROLE ALL
      return [tree.role === undefined ? null : nameOf(tree.role)];
    case "DropRoleStmt":
    case "DropOwnedStmt":
    case "ReassignOwnedStmt":
      return nodesOf(tree.roles, "RoleSpec").map(nameOf);
    case "GrantRoleStmt":
      return nodesOf(tree.grantee_roles, "RoleSpec").map(nameOf);
    case "RenameStmt":
      return tree.renameType === "OBJECT_ROLE" ? [tree.subname ?? null] : [];
    case "CommentStmt":
    case "SecLabelStmt":
      return tree.objtype === "OBJECT_ROLE" ? [null] : [];
    default:
      return [];
  }
}

/** CURRENT_USER and the like were there. */
const nameOf = (role: RoleSpec | undefined): string | null => role?.rolename ?? null;
