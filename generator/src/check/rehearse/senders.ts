import type { Client } from "pg";
import type { Query } from "../../model/query.ts";
import { rolesOf } from "../../model/query-roles.ts";
import type { Engine } from "../../postgres/engine.ts";
import { nodesOf, type RawTree } from "../../postgres/raw-tree.ts";
import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import { hasRole, readGrantees } from "../verify/trial/roles.ts";

/** A role that the application signs in as. */
export interface SenderRole {
  readonly name: string;
  /** SQL that gives it what its deployed queries need, where the schema itself gives it nothing. */
  readonly rights: string;
}

/** Says who sends the deployed queries. */
export interface Senders {
  /** Who sends those that name nobody; null for whoever owns the tables. */
  readonly role: string | null;
  /** Begins a transaction as who sends the query. */
  begin(query: Query): string;
}

/** Begins a transaction as whoever is connected, from whom no table is kept. */
export const AS_OWNER = "begin";

/**
 * Finds who sends each query: a role that it names (`-- @role`), else the stated one, else the only one that the schema grants something. Where the
 * server is the rehearsal's own, a role that the schema does not make is made.
 * @param client a session that may write, as which roles are given their rights
 * @param known what is known of the stated role, and of those that queries name
 */
export async function sendersOf(
  engine: Engine,
  client: Client,
  stated: string | null,
  known: readonly SenderRole[],
  isOwn: boolean,
): Promise<Senders> {
  const grantees = await readGrantees(engine);
  const there = new Set<string>();
  for (const { name, rights } of known) {
    const isThere = await hasRole(engine, name);
    if (!isThere && !isOwn) continue;
    if (!isThere) await client.query(`create role ${quoteIdentifier(name)}`);
    there.add(name);
    if (!(await isGivenAnything(engine, name))) await client.query(rights);
  }
  const only = grantees.length === 1 ? grantees[0]! : null;
  const role = stated === null ? only : there.has(stated) ? stated : null;
  const { rows } = await client.query<{ super: string }>("select current_setting('is_superuser') as super");
  const becoming = rows[0]?.super === "on" ? "session authorization" : "role";
  return {
    role,
    begin(query) {
      const name = rolesOf(query).find((one) => there.has(one)) ?? role;
      return name === null ? AS_OWNER : `begin; set local ${becoming} ${quoteIdentifier(name)}`;
    },
  };
}

/** Tells whether a role has any right on a relation of the schema's, by itself or by others. */
async function isGivenAnything(engine: Engine, role: string): Promise<boolean> {
  const rows = await engine.run(
    `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles r
     where r.rolname = ${quoteLiteral(role)} and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_' and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete') or has_any_column_privilege(r.oid, c.oid, 'select, insert, update')) limit 1`,
  );
  return rows.length > 0;
}

/** Tells whether a statement changes what roles may do: whoever owns the tables notices nothing of it. */
export function changesRights({ kind, tree }: RawTree): boolean {
  switch (kind) {
    case "GrantStmt":
    case "GrantRoleStmt":
    case "CreatePolicyStmt":
    case "AlterPolicyStmt":
    case "AlterOwnerStmt":
      return true;
    case "DropStmt":
      return tree.removeType === "OBJECT_POLICY";
    case "AlterTableStmt":
      return nodesOf(tree.cmds, "AlterTableCmd").some(({ subtype }) =>
        /^AT_(?:(?:Enable|Disable|Force|NoForce)RowSecurity|ChangeOwner)$/.test(String(subtype)),
      );
    default:
      return false;
  }
}
