import {
  COMMAND,
  findCte,
  JOIN,
  openScope,
  outputEntries,
  RTE,
  rteOf,
  type Scope,
} from "../../infer/scope.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import { asList, asNode, asNodes, asNumber, type Node } from "../../postgres/node-tree.ts";
import { conjuncts, equalitySides, equals, type Side } from "./equalities.ts";
import type { IndexCatalog, IndexKey } from "./indexes.ts";

export interface RowCountContext {
  readonly catalog: CatalogReader;
  readonly indexes: IndexCatalog;
}

/** Whether the query delivers at most one row, whatever the tables hold: by LIMIT, by aggregation or by unique keys. */
export function deliversAtMostOneRow(
  query: Node,
  context: RowCountContext,
  parent: Scope | null = null,
  given: Given = NOTHING_GIVEN,
): boolean {
  if (isLimitedToOne(query)) return true;
  if (query.hasTargetSRFs === true || asNode(query.setOperations)) return false;
  const scope = openScope(query, parent);
  const grouped = asNodes(query.groupClause).length > 0 || asNodes(query.groupingSets).length > 0;
  if (asNumber(query.commandType) === COMMAND.insert) return insertsAtMostOneRow(query, context, scope);
  if (asNumber(query.commandType) === COMMAND.merge) return isSingle(query, scope, context);
  if (!grouped && (query.hasAggs === true || asNode(query.havingQual))) return true;
  if (asNodes(query.groupingSets).length > 0) return false;
  return isSingle(query, scope, context, given);
}

/** What holds of a subquery's result because of the query around it: output columns that have one value. */
type Given = readonly number[];
const NOTHING_GIVEN: Given = [];

/** LIMIT 0 or 1, by constant. */
function isLimitedToOne(query: Node): boolean {
  const limit = asNode(query.limitCount);
  if (!limit || asNumber(query.limitOption) === 1) return false;
  const constant = limit.node === "FUNCEXPR" ? asNodes(limit.args)[0] : limit;
  if (constant?.node !== "CONST" || constant.constisnull === true) return false;
  const [low, ...rest] = asList(constant.constvalue).map((byte) => asNumber(byte));
  return (low ?? 0) <= 1 && rest.every((byte) => byte === 0);
}

function insertsAtMostOneRow(query: Node, context: RowCountContext, scope: Scope): boolean {
  const source = scope.rtable.find(
    (rte) => asNumber(rte.rtekind) === RTE.subquery || asNumber(rte.rtekind) === RTE.values,
  );
  // A single row of VALUES stands in the target list.
  if (!source || asNodes(asNode(query.jointree)?.fromlist).length === 0) return true;
  if (asNumber(source.rtekind) === RTE.values) return asList(source.values_lists).length <= 1;
  return deliversAtMostOneRow(asNode(source.subquery)!, context, scope);
}

/** Whether every relation of FROM gives at most one row, or the rows are grouped into one. */
function isSingle(
  query: Node,
  scope: Scope,
  context: RowCountContext,
  given: Given = NOTHING_GIVEN,
): boolean {
  const jointree = asNode(query.jointree);
  if (!jointree) return false;
  const level = new Level(query, scope, context);
  level.bind(given.flatMap((attno) => asNode(outputEntries(query)[attno - 1]?.expr) ?? []));
  const members = relationsUnder(jointree);
  const result = asNumber(query.resultRelation);
  if (result > 0 && asNumber(query.commandType) !== COMMAND.insert) members.add(result);
  if (members.size === 0) return true;
  level.settle(members);
  // UPDATE and DELETE give a row of their target once, however many partners it has.
  const wanted = result > 0 ? [result] : [...members];
  if (wanted.every((rt) => level.isSingle(rt))) return true;
  const keys = asNodes(query.groupClause).length > 0 ? query.groupClause : query.distinctClause;
  return asNodes(keys).length > 0 && level.areBound(entriesOf(query, asNodes(keys)));
}

function entriesOf(query: Node, clauses: readonly Node[]): Node[] {
  const list = asNodes(query.targetList);
  return clauses.flatMap((clause) => {
    const entry = list.find((e) => asNumber(e.ressortgroupref) === asNumber(clause.tleSortGroupRef));
    const expr = asNode(entry?.expr);
    return expr ? [expr] : [];
  });
}

function relationsUnder(item: Node): Set<number> {
  if (item.node === "RANGETBLREF") return new Set([asNumber(item.rtindex)]);
  if (item.node === "JOINEXPR")
    return new Set([...relationsUnder(asNode(item.larg)!), ...relationsUnder(asNode(item.rarg)!)]);
  return new Set(asNodes(item.fromlist).flatMap((child) => [...relationsUnder(child)]));
}

interface Condition {
  readonly qual: Node;
  /** The relations that it restricts: for an outer join's ON, those of the side that may be missing. */
  readonly restricts: ReadonlySet<number> | null;
}

/** What one query level determines: columns with one value at most, relations with one row at most. */
class Level {
  readonly #scope: Scope;
  readonly #context: RowCountContext;
  readonly #conditions: readonly Condition[];
  readonly #single = new Set<number>();
  /** Columns and expressions that have one value in all rows. */
  readonly #bound: Node[] = [];
  /** Those of them that may be NULL in all rows, which most unique keys do not count as equal. */
  readonly #orNull = new Set<Node>();

  constructor(query: Node, scope: Scope, context: RowCountContext) {
    this.#scope = scope;
    this.#context = context;
    this.#conditions = collectConditions(asNode(query.jointree)!, null);
  }

  isSingle(rt: number): boolean {
    return this.#single.has(rt);
  }

  bind(exprs: readonly Node[]): void {
    for (const expr of exprs) this.#bound.push(this.#resolve(expr));
  }

  areBound(exprs: readonly Node[]): boolean {
    return exprs.every((expr) => this.#isBound(expr));
  }

  /** Goes round until nothing more follows. */
  settle(members: ReadonlySet<number>): void {
    for (;;) {
      const before = this.#single.size + this.#bound.length;
      for (const condition of this.#conditions) this.#bindFrom(condition);
      for (const rt of members) if (!this.#single.has(rt) && this.#isDetermined(rt)) this.#single.add(rt);
      if (this.#single.size + this.#bound.length === before) return;
    }
  }

  #bindFrom({ qual, restricts }: Condition): void {
    const sides = equalitySides(qual, this.#context.indexes);
    if (!sides) return;
    const [a, b] = sides;
    this.#bindOne(a, b, restricts);
    this.#bindOne(b, a, restricts);
  }

  #bindOne(side: Side, by: Side, restricts: ReadonlySet<number> | null): void {
    const expr = this.#resolve(side.expr);
    const rts = relationsIn(expr);
    if (rts.size === 0 || this.#isBound(expr)) return;
    if (restricts && ![...rts].every((rt) => restricts.has(rt))) return;
    if (!this.#isBound(this.#resolve(by.expr))) return;
    this.#bound.push(expr);
    if (side.orNull) this.#orNull.add(expr);
  }

  /** Whether the expression has one value: made of constants, parameters, outer columns and what is bound. */
  #isBound(raw: Node): boolean {
    const expr = this.#resolve(raw);
    if (this.#bound.some((known) => equals(known, expr))) return true;
    switch (expr.node) {
      case "CONST":
      case "PARAM":
        return true;
      case "VAR":
        return asNumber(expr.varlevelsup) > 0 || this.#single.has(asNumber(expr.varno));
      case "SUBLINK":
        // A scalar subquery gives one value where the columns of this level that it looks at have one.
        return asNumber(expr.subLinkType) === 4 && this.areBound(referencesTo(expr.subselect, 0));
      case "AGGREF":
      case "WINDOWFUNC":
      case "QUERY":
        return false;
      default:
        return childrenOf(expr).every((child) => this.#isBound(child));
    }
  }

  /** The column under a join's or a grouping's name for it. */
  #resolve(expr: Node): Node {
    if (expr.node !== "VAR" || asNumber(expr.varlevelsup) !== 0) return expr;
    const rte = rteOf(this.#scope, asNumber(expr.varno));
    const kind = asNumber(rte?.rtekind);
    const list = kind === RTE.join ? rte?.joinaliasvars : kind === RTE.group ? rte?.groupexprs : null;
    const source = asNodes(list)[asNumber(expr.varattno) - 1];
    return source ? this.#resolve(source) : expr;
  }

  #isDetermined(rt: number): boolean {
    const rte = rteOf(this.#scope, rt);
    if (!rte) return false;
    switch (asNumber(rte.rtekind)) {
      case RTE.relation: {
        const view = this.#context.catalog.relation(asNumber(rte.relid))?.viewQuery;
        return view ? this.#subqueryIsSingle(rt, view, null) : this.#hasBoundKey(rt, asNumber(rte.relid));
      }
      case RTE.subquery:
        return this.#subqueryIsSingle(rt, asNode(rte.subquery)!, this.#scope);
      case RTE.cte: {
        const found = findCte(this.#scope, rte);
        return (
          found !== null &&
          found.cte.cterecursive !== true &&
          this.#subqueryIsSingle(rt, asNode(found.cte.ctequery)!, found.scope)
        );
      }
      case RTE.values:
        return asList(rte.values_lists).length <= 1;
      case RTE.function: {
        const calls = asNodes(rte.functions).map((f) => asNode(f.funcexpr));
        return calls.every((call) => call?.node !== "FUNCEXPR" || call.funcretset !== true);
      }
      case RTE.result:
        return true;
      default:
        return false;
    }
  }

  #hasBoundKey(rt: number, oid: number): boolean {
    return this.#context.indexes
      .of(oid)
      .some(
        (index) =>
          index.unique &&
          index.keys.every((key) => this.#isBoundKey(rt, key, index.nullsNotDistinct)) &&
          (index.predicate === null || this.#implies(rt, index.predicate)),
      );
  }

  #isBoundKey(rt: number, key: IndexKey, orNull: boolean): boolean {
    const counts = (expr: Node): boolean => orNull || !this.#orNull.has(expr);
    if (typeof key !== "number") {
      if (this.#bound.some((e) => counts(e) && equals(e, key, rt))) return true;
      // `lower(name)` has one value where `name` has.
      const columns = everyNode(key).filter((node) => node.node === "VAR");
      return (
        columns.length > 0 &&
        columns.every((column) => this.#isBoundKey(rt, asNumber(column.varattno), orNull))
      );
    }
    return this.#bound.some(
      (e) =>
        e.node === "VAR" &&
        asNumber(e.varno) === rt &&
        asNumber(e.varattno) === key &&
        asNumber(e.varlevelsup) === 0 &&
        counts(e),
    );
  }

  /** Whether the conditions hold a partial index's predicate word for word, or show that a column is not NULL. */
  #implies(rt: number, predicate: Node): boolean {
    return conjuncts(predicate).every((wanted) => {
      // IS NOT NULL is 1: what is equal to something is not NULL.
      const column =
        wanted.node === "NULLTEST" && asNumber(wanted.nulltesttype) === 1 ? asNode(wanted.arg) : null;
      if (column && this.#bound.some((known) => equals(known, column, rt))) return true;
      return this.#conditions.some(
        ({ qual, restricts }) => (restricts === null || restricts.has(rt)) && equals(qual, wanted, rt),
      );
    });
  }

  #subqueryIsSingle(rt: number, subquery: Node, parent: Scope | null): boolean {
    const given = this.#bound.flatMap((e) =>
      e.node === "VAR" && asNumber(e.varlevelsup) === 0 && asNumber(e.varno) === rt
        ? [asNumber(e.varattno)]
        : [],
    );
    return deliversAtMostOneRow(subquery, this.#context, parent, given);
  }
}

/** The conditions that every row satisfies, and those that only decide which partner an outer join gives. */
function collectConditions(item: Node, restricts: ReadonlySet<number> | null): Condition[] {
  const own = asNode(item.quals);
  if (item.node === "FROMEXPR") {
    return [
      ...(own ? conjuncts(own).map((qual) => ({ qual, restricts })) : []),
      ...asNodes(item.fromlist).flatMap((child) => collectConditions(child, restricts)),
    ];
  }
  if (item.node !== "JOINEXPR") return [];
  const type = asNumber(item.jointype);
  const left = asNode(item.larg)!;
  const right = asNode(item.rarg)!;
  if (type === JOIN.full) return [];
  const leftSide = type === JOIN.right ? relationsUnder(left) : restricts;
  const rightSide = type === JOIN.left ? relationsUnder(right) : restricts;
  const side = type === JOIN.left ? rightSide : type === JOIN.right ? leftSide : restricts;
  return [
    ...(own ? conjuncts(own).map((qual) => ({ qual, restricts: side })) : []),
    ...collectConditions(left, leftSide),
    ...collectConditions(right, rightSide),
  ];
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => {
    if (Array.isArray(value)) return value.filter((v): v is Node => asNode(v) !== null);
    const child = asNode(value);
    return child ? [child] : [];
  });
}

/** The relations of this level that the expression mentions. */
export function relationsIn(expr: Node): Set<number> {
  if (expr.node === "VAR")
    return asNumber(expr.varlevelsup) === 0 ? new Set([asNumber(expr.varno)]) : new Set();
  return new Set(childrenOf(expr).flatMap((child) => [...relationsIn(child)]));
}

/** The columns of the level around a subquery that it mentions, as that level would write them. */
function referencesTo(value: unknown, depth: number): Node[] {
  if (Array.isArray(value)) return value.flatMap((item) => referencesTo(item, depth));
  const node = asNode(value as Node);
  if (!node) return [];
  if (node.node === "VAR") return asNumber(node.varlevelsup) === depth ? [{ ...node, varlevelsup: 0 }] : [];
  const inner = node.node === "QUERY" ? depth + 1 : depth;
  return Object.values(node).flatMap((item) => referencesTo(item, inner));
}

/** The node and everything in it but subqueries. */
export function ownNodes(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(ownNodes);
  if (typeof value !== "object" || value === null || (value as Node).node === "QUERY") return [];
  const node = value as Node;
  return [node, ...Object.values(node).flatMap(ownNodes)];
}

/** The node and everything in it, through lists of lists. */
export function everyNode(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(everyNode);
  if (typeof value !== "object" || value === null) return [];
  const node = value as Node;
  return [node, ...Object.values(node).flatMap(everyNode)];
}
