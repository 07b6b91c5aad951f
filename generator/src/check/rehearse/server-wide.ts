import type { ObjectType, RoleSpec } from "libpg-query";
import {
  type AnyFields,
  namesOf,
  nodesOf,
  type RawKind,
  type RawTree,
  walkRaw,
} from "../../postgres/raw-tree.ts";
import { REACHING } from "../verify/trial/reaching.ts";

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

/** Of what a block does only its text is known. */
const IN_BLOCK =
  /\b(?:(?:alter|drop|create)\s+(?:database|system|tablespace|subscription)|(?:alter|drop)\s+(?:role|user|group)|pg_(?:terminate_backend|cancel_backend|reload_conf|rotate_logfile|switch_wal|promote)|lo_export|dblink\w*)\b/i;

function reaches({ kind, tree }: RawTree): boolean {
  if (kind === "CopyStmt") return tree.is_program === true || (tree.filename !== undefined && !tree.is_from);
  if (kind === "DoStmt") return IN_BLOCK.test(JSON.stringify(tree.args));
  let found = false;
  walkRaw({ [kind]: tree }, (inner, node) => {
    // What a function does is no part of what makes it.
    if (inner === "CreateFunctionStmt") return false;
    if (inner === "FuncCall" && REACHING.test(namesOf(node.funcname).at(-1) ?? "")) found = true;
    return !found;
  });
  return found;
}

/** Tells whether a statement works on another server, which no server of ones own stands for. */
export const isOfAnother = ({ kind }: RawTree): boolean =>
  /^(?:Create|Alter|Drop)SubscriptionStmt$/.test(kind);

/** Tells whether a statement changes something outside of the database that it runs in; making a role is none of that, since it can be dropped again. */
export function changesServer(statement: RawTree, wasThere: (role: string) => boolean): boolean {
  const { kind, tree } = statement;
  const { objtype, objectType, renameType }: AnyFields = tree;
  if (reaches(statement)) return true;
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
