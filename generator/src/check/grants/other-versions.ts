import type { ObjectPrivilege } from "../../model/query.ts";
import { quoteLiteral } from "../../sql/quoting.ts";
import type { TableRights } from "./rights.ts";

/** Functions of `pg_catalog` that not anyone may call, and that PostgreSQL 12 has as the embedded one has them. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  "lo_export(oid, text)",
  "lo_import(text)",
  "lo_import(text, oid)",
  "pg_config()",
  "pg_create_restore_point(text)",
  "pg_current_logfile()",
  "pg_current_logfile(text)",
  "pg_hba_file_rules()",
  "pg_ls_archive_statusdir()",
  "pg_ls_dir(text)",
  "pg_ls_dir(text, boolean, boolean)",
  "pg_ls_logdir()",
  "pg_ls_tmpdir()",
  "pg_ls_tmpdir(oid)",
  "pg_ls_waldir()",
  "pg_promote(boolean, integer)",
  "pg_read_binary_file(text)",
  "pg_read_binary_file(text, bigint, bigint)",
  "pg_read_binary_file(text, bigint, bigint, boolean)",
  "pg_read_file(text)",
  "pg_read_file(text, bigint, bigint)",
  "pg_read_file(text, bigint, bigint, boolean)",
  "pg_reload_conf()",
  "pg_rotate_logfile()",
  "pg_show_all_file_settings()",
  "pg_stat_file(text)",
  "pg_stat_file(text, boolean)",
  "pg_stat_reset()",
  "pg_stat_reset_shared(text)",
  "pg_stat_reset_single_function_counters(oid)",
  "pg_stat_reset_single_table_counters(oid)",
  "pg_switch_wal()",
  "pg_wal_replay_pause()",
  "pg_wal_replay_resume()",
]);

/** Tables and views of `pg_catalog` of which PostgreSQL 12 has all columns that the embedded one keeps from most. */
const TABLES: ReadonlySet<string> = new Set([
  ...["pg_authid", "pg_config", "pg_file_settings", "pg_largeobject", "pg_replication_origin_status"],
  ...["pg_shadow", "pg_statistic", "pg_subscription", "pg_user_mapping"],
]);

/** Tells whether another version of PostgreSQL, or of an extension, may have the function with other arguments, or not at all. */
export function mayDiffer({ kind, object, isOfExtension }: ObjectPrivilege): boolean {
  if (kind !== "execute on function") return false;
  const [, own] = /^pg_catalog\.(.*)$/s.exec(object) ?? [];
  return isOfExtension === true || (own !== undefined && !FUNCTIONS.has(own));
}

/** Tells whether another version of PostgreSQL may have the table with other columns, or not at all. */
export const mayLackColumns = ({ schema, name }: Pick<TableRights, "schema" | "name">): boolean =>
  isOfSystem(schema) && !(schema === "pg_catalog" && TABLES.has(name));

export const isOfSystem = (schema: string): boolean =>
  schema === "pg_catalog" || schema === "information_schema";

/** A condition on `pg_proc p` for the function with that signature; where a server has none, for all of its name. */
export function functionMeant(signature: string): string {
  const name = quoteLiteral(signature.slice(0, signature.indexOf("(")));
  return `p.oid = coalesce(to_regprocedure(${quoteLiteral(signature)})::oid, p.oid) and quote_ident(p.pronamespace::regnamespace::text) || '.' || quote_ident(p.proname) = ${name}`;
}
