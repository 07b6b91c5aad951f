import type { AnyNode } from "./node-types.ts";

/** The nodes right below: those in lists, and in lists of lists, count. */
export function* childrenOf(node: AnyNode): Iterable<AnyNode> {
  for (const field of Object.values(node)) yield* nodesIn(field);
}

function* nodesIn(value: unknown): Iterable<AnyNode> {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) for (const item of value) yield* nodesIn(item);
  else yield value as AnyNode;
}

/** The node and everything in it, or in each node of a list; subqueries too. */
export function everyNode(tree: unknown): AnyNode[] {
  const found: AnyNode[] = [];
  collect(tree, found, true);
  return found;
}

/** The node and everything in it but subqueries. */
export function ownNodes(tree: unknown): AnyNode[] {
  const found: AnyNode[] = [];
  collect(tree, found, false);
  return found;
}

function collect(value: unknown, found: AnyNode[], withQueries: boolean): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, withQueries);
    return;
  }
  const node = value as AnyNode;
  if (node.kind === "Query" && !withQueries) return;
  found.push(node);
  for (const field in node) collect(node[field as keyof AnyNode], found, withQueries);
}
