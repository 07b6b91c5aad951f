import type { Oid } from "../model/catalog.ts";
import type { Comparison, RawOperator } from "./catalog-objects.ts";
import type { Engine } from "./engine.ts";

/** By btree's strategy numbers. */
const STRATEGIES: readonly (Comparison | null)[] = [null, "<", "<=", "=", ">=", ">"];

/** Reads what operators are called, and how they compare, as the operator classes of indexes have it. */
export async function readOperators(engine: Engine, oids: readonly Oid[]): Promise<RawOperator[]> {
  const rows = await engine.run(
    `select o.oid::int8::text as oid, o.oprname::text as name, o.oprnegate::int8::text as negator,
       (select min(a.amopstrategy)::int4 from pg_amop a where a.amopopr = o.oid and a.amopmethod = 403) as btree,
       exists (select from pg_amop a where a.amopopr = o.oid and a.amopmethod = 405) as hash,
       exists (select from pg_amop a where a.amopopr = o.oprnegate and (a.amopmethod = 405 or (a.amopmethod = 403 and a.amopstrategy = 3))) as unequal
     from pg_operator o where o.oid in (${oids.join()})`,
  );
  return rows.map((row) => ({
    oid: Number(row.oid),
    name: row.name as string,
    negator: Number(row.negator),
    comparison:
      row.btree === null
        ? row.hash === true
          ? "="
          : row.unequal === true
            ? "<>"
            : null
        : (STRATEGIES[row.btree as number] ?? null),
  }));
}
