import { asNode, asNodes, asNumber, type Node, type Value } from "../../postgres/node-tree.ts";
import type { IndexCatalog } from "./indexes.ts";

export interface Side {
  /** Without casts that keep the value as it is. */
  readonly expr: Node;
  /** By IS NOT DISTINCT FROM, which finds NULL too. */
  readonly orNull?: boolean;
}

/** The parts of a condition that must all hold. */
export function conjuncts(condition: Node | null): Node[] {
  if (!condition) return [];
  if (condition.node === "BOOLEXPR" && condition.boolop === "and")
    return asNodes(condition.args).flatMap(conjuncts);
  return [condition];
}

/** What `a = b` compares, or null for any other condition. */
export function equalitySides(condition: Node, indexes: IndexCatalog): readonly [Side, Side] | null {
  if (condition.node === "OPEXPR" && indexes.isEquality(asNumber(condition.opno))) {
    const [a, b] = asNodes(condition.args);
    return a && b ? [{ expr: withoutRelabel(a) }, { expr: withoutRelabel(b) }] : null;
  }
  const distinct =
    condition.node === "BOOLEXPR" && condition.boolop === "not" ? asNodes(condition.args)[0] : null;
  if (distinct?.node === "DISTINCTEXPR") {
    const [a, b] = asNodes(distinct.args);
    return a && b
      ? [
          { expr: withoutRelabel(a), orNull: true },
          { expr: withoutRelabel(b), orNull: true },
        ]
      : null;
  }
  // `x = any (array[one])` and `x in (one)`.
  if (condition.node === "SCALARARRAYOPEXPR" && condition.useOr === true) {
    const [a, list] = asNodes(condition.args);
    const elements = list?.node === "ARRAYEXPR" ? asNodes(list.elements) : [];
    if (a && elements.length === 1 && indexes.isEquality(asNumber(condition.opno)))
      return [{ expr: withoutRelabel(a) }, { expr: elements[0]! }];
  }
  return null;
}

function withoutRelabel(node: Node): Node {
  const arg = node.node === "RELABELTYPE" || node.node === "COLLATEEXPR" ? asNode(node.arg) : null;
  return arg ? withoutRelabel(arg) : node;
}

/** Fields that say where a node stands or how it was written, not what it means. */
const INCIDENTAL = new Set([
  "location",
  "funcformat",
  "coerceformat",
  "relabelformat",
  "varnosyn",
  "varattnosyn",
  "varnullingrels",
  "varreturningtype",
  "inputcollid",
  "consttypmod",
  "vartypmod",
  "resulttypmod",
  "list_start",
  "list_end",
]);

/**
 * Whether two expressions are the same.
 * @param rt where given, `b` is of an index, whose columns are of relation 1: there they are of this one
 */
export function equals(a: Value | undefined, b: Value | undefined, rt?: number): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => equals(item, b[i], rt))
    );
  }
  const left = asNode(a);
  const right = asNode(b);
  if (!left || !right) return a === b;
  if (left.node === "RELABELTYPE" && right.node !== "RELABELTYPE") return equals(left.arg, right, rt);
  if (right.node === "RELABELTYPE" && left.node !== "RELABELTYPE") return equals(left, right.arg, rt);
  if (left.node !== right.node) return false;
  return Object.keys(left).every((field) => {
    if (INCIDENTAL.has(field)) return true;
    if (field === "varno" && rt !== undefined) return asNumber(left.varno) === rt;
    return equals(left[field], right[field], rt);
  });
}
