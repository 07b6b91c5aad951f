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
 * Triggers of a tenant's tables that write, or look, where the node with the tenant's rows has no say: what is done instead, in after.sql.
 * `trigger on table → table`. Those of tables that every node has are made the coordinator's, and need no words.
 */
export const CROSSING = {
  "admit_workspace_member on workspace_members → users":
    "reads the user, which every node has, without writing it: a user who is deleted at the same moment is taken out by sweep_across_nodes()",
  "end_key_of_deleted_user on api_keys → users":
    "as admit_workspace_member: sweep_across_nodes() ends keys of deleted makers",
  "refuse_row_of_deleted_user on reviews → users":
    "as admit_workspace_member: sweep_across_nodes() takes the words out of reviews of who was deleted",
  "end_archived_workspace on workspaces → listings": "sweep_across_nodes() withdraws the offers",
  "leave_workspace on workspaces → listings":
    "leave_every_node(workspace) goes behind: on_delete_keep_publisher refuses the deletion otherwise",
};
