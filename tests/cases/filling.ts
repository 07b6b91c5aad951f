import type { PoolClient } from "pg";
import type { Catalog, Relation } from "../../generator/src/model/catalog.ts";
import { textOf } from "./values.ts";

/** How many rows each table is offered: full ones, one with every NULL that may be, and a mixture. */
const ROWS = 4;

/** Fills the tables of the catalog; a row that a constraint refuses is left out. */
export async function fillTables(client: PoolClient, catalog: Catalog): Promise<void> {
  const tables = catalog.relations.filter(
    (r) => (r.kind === "table" || r.kind === "partitioned table") && r.partitionOf === null,
  );
  for (const table of tables) {
    for (let n = 0; n < ROWS; n++) {
      await client.query("savepoint row");
      const { text, values } = insertion(catalog, table, n);
      await client.query(text, values).catch(() => client.query("rollback to savepoint row"));
    }
  }
}

function insertion(
  catalog: Catalog,
  table: Relation,
  n: number,
): { text: string; values: (string | null)[] } {
  const columns = table.columns.filter((c) => !c.generated);
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const values = columns.map((c, i) =>
    c.nullable && (n === 1 || (n > 1 && (i + n) % 2 === 0)) ? null : textOf(catalog, c.type, n, c.values),
  );
  const target = `${quote(table.schema)}.${quote(table.name)}`;
  if (columns.length === 0) return { text: `insert into ${target} default values`, values: [] };
  return {
    text: `insert into ${target} (${columns.map((c) => quote(c.name)).join(", ")}) values (${columns.map((_, i) => `$${i + 1}`).join(", ")})`,
    values,
  };
}
