import { asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { COMMAND, findCte, openScope, RTE, type Scope } from "./scope.ts";

/** Whether the query delivers at least one row, whatever the tables hold. `parent` is the level around it. */
export function deliversARow(query: Node, parent: Scope | null): boolean {
  if (asNumber(query.commandType) !== COMMAND.select) return false;
  if (asNode(query.setOperations) || asNode(query.havingQual) || query.hasTargetSRFs === true) return false;
  if (asNode(query.limitOffset) || !isPositiveLimit(asNode(query.limitCount))) return false;
  const grouped = asNodes(query.groupClause).length > 0 || asNodes(query.groupingSets).length > 0;
  if (grouped) return false;
  // An aggregate without GROUP BY makes one row of none.
  if (query.hasAggs === true) return true;
  const from = asNode(query.jointree);
  if (!from || asNode(from.quals)) return false;
  const items = asNodes(from.fromlist);
  if (items.length === 0) return true;
  const [item] = items;
  if (items.length !== 1 || item?.node !== "RANGETBLREF") return false;
  const scope = openScope(query, parent);
  const rte = scope.rtable[Number(item.rtindex) - 1];
  switch (rte?.rtekind) {
    case RTE.values:
      return true;
    case RTE.subquery:
      return deliversARow(asNode(rte.subquery)!, scope);
    case RTE.cte: {
      const found = findCte(scope, rte);
      return found !== null && deliversARow(asNode(found.cte.ctequery)!, found.scope);
    }
    default:
      return false;
  }
}

/** int2, int4, int8 */
const INTEGERS = new Set([21, 23, 20]);
/** `COERCE_IMPLICIT_CAST` of primnodes.h: how LIMIT makes a bigint of an integer. */
const IMPLICIT_CAST = 2;

/** No LIMIT, or a constant one above zero. */
function isPositiveLimit(limit: Node | null): boolean {
  if (limit === null) return true;
  const isCast = limit.node === "FUNCEXPR" && asNumber(limit.funcformat) === IMPLICIT_CAST;
  const constant = isCast ? asNodes(limit.args)[0] : limit;
  // Any other function of a constant may be zero, and so may a fraction, rounded.
  if (constant?.node !== "CONST" || !INTEGERS.has(asNumber(constant.consttype))) return false;
  // LIMIT NULL is no limit.
  if (constant.constisnull === true) return true;
  const bytes = constant.constvalue as readonly number[];
  return bytes.some((b) => b !== 0) && bytes.at(-1)! < 128;
}
