import type { Oid } from "../model/catalog.ts";
import { asList, asName, asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";

/** `RTEKind` of parsenodes.h. */
export const RTE = {
  relation: 0,
  subquery: 1,
  join: 2,
  function: 3,
  tableFunction: 4,
  values: 5,
  cte: 6,
  result: 8,
  group: 9,
} as const;

/** `JoinType` of nodes.h. */
export const JOIN = { inner: 0, left: 1, full: 2, right: 3 } as const;

/** `CmdType` of nodes.h. */
export const COMMAND = { select: 1, update: 2, insert: 3, delete: 4, merge: 5, utility: 6 } as const;

/** One query level of an analysed tree, with what its predicates prove. */
export interface Scope {
  readonly query: Node;
  readonly parent: Scope | null;
  readonly rtable: readonly Node[];
  /** What cannot be NULL in a row that the level delivers: `variableKey`s. */
  readonly proven: Set<string>;
  /** Sides of outer joins known to be present in every row delivered: `<rtindex>:l` or `<rtindex>:r`. */
  readonly present: Set<string>;
  /** Range-table indexes under each side of each join, by the join's index. */
  readonly joins: ReadonlyMap<number, JoinSides>;
  /** For a level inside a recursive CTE: column nullability assumed for the self-reference. */
  readonly recursion: ReadonlyMap<string, readonly boolean[]>;
  /** Where a condition narrows the level (CASE, FILTER): the level as it is for all of its rows, which aggregates and windows see. */
  readonly everyRow: Scope | null;
}

export interface JoinSides {
  readonly type: number;
  readonly node: Node;
  readonly left: ReadonlySet<number>;
  readonly right: ReadonlySet<number>;
}

export function openScope(
  query: Node,
  parent: Scope | null,
  recursion: ReadonlyMap<string, readonly boolean[]> = parent?.recursion ?? new Map(),
): Scope {
  const joins = new Map<number, JoinSides>();
  const jointree = asNode(query.jointree);
  if (jointree) collectJoins(jointree, joins);
  return {
    query,
    parent,
    rtable: asNodes(query.rtable),
    proven: new Set(),
    present: new Set(),
    joins,
    recursion,
    everyRow: null,
  };
}

/** Returns the range-table indexes under the item. */
function collectJoins(item: Node, joins: Map<number, JoinSides>): Set<number> {
  if (item.node === "RANGETBLREF") return new Set([asNumber(item.rtindex)]);
  if (item.node === "FROMEXPR") {
    const all = new Set<number>();
    for (const child of asNodes(item.fromlist)) for (const rt of collectJoins(child, joins)) all.add(rt);
    return all;
  }
  const left = collectJoins(asNode(item.larg)!, joins);
  const right = collectJoins(asNode(item.rarg)!, joins);
  const rtindex = asNumber(item.rtindex);
  joins.set(rtindex, { type: asNumber(item.jointype), node: item, left, right });
  return new Set([...left, ...right, rtindex]);
}

export function rteOf(scope: Scope, varno: number): Node | undefined {
  return scope.rtable[varno - 1];
}

/** The scope that a variable belongs to. */
export function scopeOf(scope: Scope, levelsUp: number): Scope | null {
  let at: Scope | null = scope;
  for (let n = 0; n < levelsUp && at; n++) at = at.parent;
  return at;
}

/** Identifies a variable of its own level. OLD and NEW versions of a row are different variables. */
export function variableKey(variable: Node): string {
  return `${variable.varno}.${variable.varattno}.${asNumber(variable.varreturningtype)}`;
}

export interface CteFound {
  readonly cte: Node;
  /** The level whose WITH clause has it. */
  readonly scope: Scope;
}

export function findCte(scope: Scope, rte: Node): CteFound | null {
  const owner = scopeOf(scope, asNumber(rte.ctelevelsup));
  if (!owner) return null;
  const name = asName(rte.ctename);
  const cte = asNodes(owner.query.cteList).find((c) => asName(c.ctename) === name);
  return cte ? { cte, scope: owner } : null;
}

/** The names of a range-table entry's columns; empty for a dropped one. */
export function columnNames(rte: Node): string[] {
  return asList(asNode(rte.eref)?.colnames).map((name) => asName(name));
}

export function aliasName(rte: Node): string {
  return asName(asNode(rte.eref)?.aliasname);
}

/** The entries that the level delivers: RETURNING for a data-modifying one. */
export function outputEntries(query: Node): readonly Node[] {
  const list =
    asNumber(query.commandType) === COMMAND.select ? asNodes(query.targetList) : asNodes(query.returningList);
  return list.filter((entry) => entry.resjunk !== true);
}

/** The table that a variable reads unchanged, followed through joins, subqueries, CTEs and grouping. */
export interface VariableOrigin {
  readonly relation: Oid;
  readonly attribute: number;
}
