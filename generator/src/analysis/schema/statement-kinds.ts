import type { AlterTableType, ConstrType, ObjectType } from "libpg-query";
import { type AnyFields, nodeOf, nodesOf, type RawKind, type RawTree } from "../../postgres/raw-tree.ts";

/**
 * What says nothing of the schema: commands about a whole cluster, some of which cannot run here, those about stored data,
 * and those about the session that runs the file.
 */
const IGNORED: ReadonlySet<RawKind> = new Set<RawKind>([
  "AlterDatabaseRefreshCollStmt",
  "AlterDatabaseStmt",
  "AlterSubscriptionStmt",
  "AlterSystemStmt",
  "AlterTableSpaceOptionsStmt",
  "CheckPointStmt",
  "ClusterStmt",
  "CreateSubscriptionStmt",
  "CreateTableSpaceStmt",
  "CreatedbStmt",
  "DiscardStmt",
  "DropSubscriptionStmt",
  "DropTableSpaceStmt",
  "DropdbStmt",
  "ListenStmt",
  "LoadStmt",
  "LockStmt",
  "NotifyStmt",
  "RefreshMatViewStmt",
  "ReindexStmt",
  "UnlistenStmt",
  "VacuumStmt",
]);

const OF_CLUSTER: ReadonlySet<unknown> = new Set<ObjectType>([
  "OBJECT_DATABASE",
  "OBJECT_PARAMETER_ACL",
  "OBJECT_TABLESPACE",
]);

/** Tells whether a statement is left out of the analysis altogether. */
export function isIgnored({ kind, tree }: RawTree): boolean {
  const { objtype, objectType }: AnyFields = tree;
  // GRANT … ON DATABASE, COMMENT ON TABLESPACE, ALTER DATABASE … OWNER TO
  if (OF_CLUSTER.has(objtype ?? objectType)) return true;
  // A dump made with `--use-set-session-authorization` has roles do things for which a fresh cluster gives them no right.
  return IGNORED.has(kind) || (kind === "VariableSetStmt" && tree.name === "session_authorization");
}

/** Statements that make or change nothing that a query's types follow from. */
const DECIDE_NOTHING: ReadonlySet<RawKind> = new Set<RawKind>([
  "AlterDatabaseSetStmt",
  "AlterDefaultPrivilegesStmt",
  "AlterEventTrigStmt",
  "AlterFdwStmt",
  "AlterForeignServerStmt",
  "AlterObjectDependsStmt",
  "AlterOwnerStmt",
  "AlterPolicyStmt",
  "AlterPublicationStmt",
  "AlterRoleSetStmt",
  "AlterRoleStmt",
  "AlterSeqStmt",
  "AlterStatsStmt",
  "AlterTSConfigurationStmt",
  "AlterTSDictionaryStmt",
  "AlterUserMappingStmt",
  "CallStmt",
  "CommentStmt",
  "CopyStmt",
  "CreateAmStmt",
  "CreateConversionStmt",
  "CreateEventTrigStmt",
  "CreateFdwStmt",
  "CreateForeignServerStmt",
  "CreatePLangStmt",
  "CreatePolicyStmt",
  "CreatePublicationStmt",
  "CreateRoleStmt",
  "CreateStatsStmt",
  "CreateTransformStmt",
  "CreateTrigStmt",
  "CreateUserMappingStmt",
  "DeleteStmt",
  "DropOwnedStmt",
  "DropRoleStmt",
  "DropUserMappingStmt",
  "ExplainStmt",
  "GrantRoleStmt",
  "GrantStmt",
  // What it makes, another server alone knows.
  "ImportForeignSchemaStmt",
  "IndexStmt",
  "InsertStmt",
  "MergeStmt",
  "ReassignOwnedStmt",
  "SecLabelStmt",
  "SelectStmt",
  "TruncateStmt",
  "UpdateStmt",
  "VariableSetStmt",
]);

const ALTERS_NOTHING: ReadonlySet<AlterTableType | undefined> = new Set<AlterTableType>([
  "AT_AlterConstraint",
  "AT_ChangeOwner",
  "AT_ClusterOn",
  "AT_DisableRowSecurity",
  "AT_DisableRule",
  "AT_DisableTrig",
  "AT_DisableTrigAll",
  "AT_DisableTrigUser",
  "AT_DropCluster",
  "AT_EnableAlwaysTrig",
  "AT_EnableReplicaTrig",
  "AT_EnableRowSecurity",
  "AT_EnableTrig",
  "AT_EnableTrigAll",
  "AT_EnableTrigUser",
  "AT_ForceRowSecurity",
  "AT_GenericOptions",
  "AT_NoForceRowSecurity",
  "AT_ReplaceRelOptions",
  "AT_ReplicaIdentity",
  "AT_ResetOptions",
  "AT_ResetRelOptions",
  "AT_SetAccessMethod",
  "AT_SetCompression",
  "AT_SetLogged",
  "AT_SetOptions",
  "AT_SetRelOptions",
  "AT_SetStatistics",
  "AT_SetStorage",
  "AT_SetTableSpace",
  "AT_SetUnLogged",
  "AT_ValidateConstraint",
]);
/** A primary key decides that its columns are NOT NULL, a check which values they have. */
const CONSTRAIN_NOTHING: ReadonlySet<ConstrType | undefined> = new Set<ConstrType>([
  "CONSTR_EXCLUSION",
  "CONSTR_FOREIGN",
  "CONSTR_UNIQUE",
]);
const DROPS_NOTHING: ReadonlySet<ObjectType | undefined> = new Set<ObjectType>([
  "OBJECT_ACCESS_METHOD",
  "OBJECT_EVENT_TRIGGER",
  "OBJECT_FDW",
  "OBJECT_FOREIGN_SERVER",
  "OBJECT_INDEX",
  "OBJECT_LANGUAGE",
  "OBJECT_POLICY",
  "OBJECT_PUBLICATION",
  "OBJECT_STATISTIC_EXT",
  "OBJECT_TRIGGER",
]);

/** Tells whether a query's types can follow from a statement; what fails of the others is only worth a warning. */
export function decidesTypes({ kind, tree }: RawTree): boolean {
  if (kind === "AlterTableStmt") {
    return !nodesOf(tree.cmds, "AlterTableCmd").every(({ subtype, def }) =>
      subtype === "AT_AddConstraint"
        ? CONSTRAIN_NOTHING.has(nodeOf(def, "Constraint")?.contype)
        : ALTERS_NOTHING.has(subtype),
    );
  }
  if (kind === "DefineStmt") return !String(tree.kind).startsWith("OBJECT_TS");
  if (kind === "DropStmt") return !DROPS_NOTHING.has(tree.removeType);
  return !DECIDE_NOTHING.has(kind);
}
