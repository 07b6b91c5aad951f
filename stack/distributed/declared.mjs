/** What is declared of the tables on many nodes, because no catalog says it. plan.mjs holds it against the catalog. */

/** The column by which rows of a tenant are found: workspace_id, but for these. */
export const KEYS = { workspaces: "id" };

/**
 * Tables without a tenant's key, and those of a tenant that everybody reads, are copied to every node; these stay on the
 * coordinator alone: nothing joins them with a tenant's rows, and they are written too often to be written everywhere.
 */
export const REFERENCE = new Set(["listings"]);
export const ON_THE_COORDINATOR = new Set([
  "credentials",
  "sessions",
  "sign_in_challenges",
  "user_tokens",
  "audit_seals",
  "maintenance_runs",
  "schema_migrations",
]);

/** Unique over all tenants, which no shard can say: what says it instead. */
export const UNIQUE_ELSEWHERE = {
  workspaces_slug_key: "workspace_slugs, which every node has, is written first in the same transaction",
  reviews_author_key: "listing_reviewers, which every node has, is written first in the same transaction",
};

/** Foreign keys that Citus does not have: the statements that do what they did. */
export const REPLACED_KEYS = {
  agents_current_version_fkey: "on_delete_forget_current_version",
  workspace_members_workspace_id_custom_role_id_fkey: "on_delete_forget_custom_role",
  listings_publisher_workspace_id_agent_id_agent_version_id_fkey: "on_delete_keep_offered_version",
  listings_publisher_workspace_id_fkey: "on_delete_keep_publisher",
};

/**
 * Triggers that write, or look, where the node that runs them has no say: what becomes of each there. `trigger on table → table`.
 * What they do is done by the coordinator, in the transaction of the statement that set them off.
 */
export const CROSSING = {
  "admit_workspace_member on workspace_members → users":
    "reads the user, which every node has, without writing it: a user who is being deleted at the same moment is taken out by the sweep of memberships",
  "end_key_of_deleted_user on api_keys → users":
    "as admit_workspace_member: the sweep ends keys of deleted makers",
  "end_memberships_of_deleted_user on users → workspace_members":
    "DeleteUser on the coordinator, workspace by workspace",
  "end_memberships_of_deleted_user on users → api_keys":
    "DeleteUser on the coordinator, workspace by workspace",
  "end_sign_ins_of_stranger on users → credentials": "both are the coordinator's",
  "end_sign_ins_of_stranger on users → sessions": "both are the coordinator's",
  "end_sign_ins_of_stranger on users → user_tokens": "both are the coordinator's",
  "erase_words_of_deleted_user on users → credentials": "both are the coordinator's",
  "erase_words_of_deleted_user on users → sessions": "both are the coordinator's",
  "erase_words_of_deleted_user on users → sign_in_challenges": "both are the coordinator's",
  "erase_words_of_deleted_user on users → user_tokens": "both are the coordinator's",
  "erase_words_of_deleted_user on users → invitations": "DeleteUser on the coordinator, over all shards",
  "erase_words_of_deleted_user on users → reviews": "DeleteUser on the coordinator, over all shards",
  "erase_words_of_deleted_user on users → audit_log_persons":
    "DeleteUser on the coordinator, over all shards",
  "erase_words_of_deleted_user on users → audit_logs": "DeleteUser on the coordinator, over all shards",
  "refuse_archived_workspace on listings → workspaces":
    "CreateListing looks at the workspace first, in the same transaction",
  "refuse_offer_of_draft on listings → agent_versions":
    "SubmitListing and ReleaseListingVersion read the version first, in the same transaction",
  "refuse_offer_of_archived_agent on listings → agents":
    "SubmitListing locks the agent first, in the same transaction",
  "end_archived_workspace on workspaces → listings":
    "ArchiveWorkspace withdraws the offers in a second statement",
  "leave_workspace on workspaces → listings": "erasing a workspace withdraws its offers first",
  "raise_security_version_of_user on credentials → users": "both are the coordinator's",
  "refuse_revoking_last_credential on credentials → users": "both are the coordinator's",
};
