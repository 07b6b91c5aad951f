import { type Engine, PostgresError } from "../../postgres/engine.ts";

/** A node of `EXPLAIN (FORMAT JSON)`, its keys as PostgreSQL writes them. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Schema?: string;
  readonly Alias?: string;
  readonly Filter?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Recheck Cond"?: string;
  readonly "Parent Relationship"?: string;
  readonly Plans?: readonly PlanNode[];
}

/**
 * The plan for any parameter values that PostgreSQL makes when it may not read a table from end to end:
 * where it still does, no index can serve. Null for what has no plan.
 */
export async function planWithoutSequentialScans(
  engine: Pick<Engine, "run">,
  sql: string,
): Promise<PlanNode | null> {
  try {
    const rows = await engine.run(
      `begin; set local enable_seqscan = off; set local max_parallel_workers_per_gather = 0;
       explain (generic_plan, verbose, costs off, format json) ${sql}\n; rollback`,
    );
    return firstPlan(rows[0]);
  } catch (error) {
    await engine.run("rollback");
    if (error instanceof PostgresError) return null;
    throw error;
  }
}

export function firstPlan(row: Record<string, unknown> | undefined): PlanNode | null {
  const shown = row?.["QUERY PLAN"];
  const plans = (typeof shown === "string" ? JSON.parse(shown) : shown) as { Plan: PlanNode }[] | undefined;
  return plans?.[0]?.Plan ?? null;
}

/** The node and everything below it. */
export function* planNodes(node: PlanNode | null): Iterable<PlanNode> {
  if (!node) return;
  yield node;
  for (const child of node.Plans ?? []) yield* planNodes(child);
}

/** A plan as EXPLAIN shows it: a node a line, deeper ones indented, with what it filters by. */
export function planLines(plan: PlanNode, depth = 0): string[] {
  const { Filter: filter, "Index Cond": condition } = plan as PlanNode & { readonly "Index Cond"?: string };
  const on = plan["Relation Name"] === undefined ? "" : ` on ${plan["Relation Name"]}`;
  const by = [condition && ` by ${condition}`, filter && ` filter ${filter}`].filter(Boolean).join("");
  const own = `${"  ".repeat(depth)}${plan["Node Type"]}${on}${by}`;
  return [own, ...(plan.Plans ?? []).flatMap((inner) => planLines(inner, depth + 1))];
}
