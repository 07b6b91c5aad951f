import { rolesOf } from "../../../model/query-roles.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { lists } from "../listed-tables.ts";
import { type Use, usesOfTables } from "../one-tenant.ts";
import { queryRule } from "../rule.ts";
import { type TenantTable, tenantTable } from "../tenant-tables.ts";

export const tenantNotCompared = queryRule({
  code: "tenant-not-compared",
  severity: "error",
  judgesLeast: true,
  summary:
    "a tenant's key is not compared with the argument itself where the table is used (turned on by `vet.tenant.distributed`)",
  why: "A server whose tables are distributed by the tenant's key (Citus) sends a query to the one node that has the tenant only where it sees, for each table, whose rows are asked for. `b.workspace_id = a.workspace_id` passes that on between tables of one FROM; it does not pass into a subquery, a lateral, an EXISTS or a WITH query, nor out of them. Such a query goes to every node, or is refused.",
  mend: "Compare the key with the argument in every subquery, WITH query and lateral too: `and b.workspace_id = @workspace_id`. A table that is copied to every node goes into `vet.tenant.distributed.reference`; a query across tenants gets a role of its own (`vet.tenant.across`).",
  *check(checked) {
    const { tenant } = checked.options;
    if (rolesOf(checked.query).some((role) => tenant?.across.includes(role))) return;
    const told = new Set<string>();
    for (const { table, use } of tenantsUses(checked)) {
      if (use.isFixed(table.key.number)) continue;
      const message = use.isInserted
        ? `what is inserted as ${table.name}'s ${table.key.name} is not the argument itself`
        : `${table.name} is used where its ${table.key.name} is not compared with an argument`;
      if (told.has(message)) continue;
      told.add(message);
      yield { message };
    }
  },
});

/** Finds where the query uses tables that are distributed. */
export function tenantsUses({ tree, catalog, options }: CheckedQuery): { table: TenantTable; use: Use }[] {
  const { tenant } = options;
  if (!tree || !tenant?.distributed) return [];
  const { reference } = tenant.distributed;
  return usesOfTables(tree, catalog).flatMap((use) => {
    const table = tenantTable(use.relid, catalog, tenant);
    return table && !lists(reference, table.relation) ? [{ table, use }] : [];
  });
}
