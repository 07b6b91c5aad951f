import type { RowFact, RowReasonCode } from "../model/row-count.ts";
import type { IndexKey } from "../postgres/index-reader.ts";
import type {
  AnyNode,
  Expression,
  Query,
  RelationEntry,
  SetOperand,
  SortGroupClause,
} from "../postgres/tree/node-types.ts";
import { childrenOf, everyNode, ownNodes } from "../postgres/tree/walk.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { withoutImplicitCast } from "./certain-row.ts";
import { constantInteger, isExact, TIMESTAMP, TIMESTAMPTZ } from "./constants.ts";
import { asCompared, equalitySides, equals, type Side } from "./equalities.ts";
import { typeOf } from "./expression-type.ts";
import { calledBy } from "./operators.ts";
import { conjuncts } from "./present-rows.ts";
import {
  aliasName,
  type FromItem,
  findCte,
  openScope,
  outputEntries,
  relationsUnder,
  rteOf,
  type Scope,
} from "./scope.ts";
import { isRewritten } from "./written-table.ts";

/**
 * Tells whether the query delivers at most one row, whatever the tables hold: by LIMIT, by aggregation or by unique keys.
 * `TreeAnalysis.singleRow` remembers it.
 * @param parent the level around it
 * @param given what holds of a subquery's result because of the query around it: output columns that have one value
 */
export function singleRow(
  query: Query,
  parent: Scope | null,
  given: readonly number[],
  analysis: TreeAnalysis,
): RowFact {
  if (isLimitedToOne(query)) return fact(true, "limit-one");
  if (query.hasTargetSRFs) return fact(false, "several-given", "a set-returning function");
  const scope = openScope(query, parent);
  if (query.setOperations) return armIsSingle(query.setOperations, scope, analysis);
  const grouped = query.groupClause.length > 0 || query.groupingSets.length > 0;
  const target = rteOf(scope, query.resultRelation);
  if (
    target?.rtekind === "RTE_RELATION" &&
    isRewritten(analysis.catalog.relation(target.relid), analysis.catalog)
  )
    return fact(false, "rewritten-command", aliasName(target));
  if (query.commandType === "CMD_INSERT") return insertsOne(query, scope, analysis);
  if (query.mergeActionList.some(({ matchKind }) => matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"))
    return fact(false, "changes-found", "MERGE");
  if (!grouped && (query.hasAggs || query.havingQual)) return fact(true, "one-group");
  if (query.groupingSets.length > 0)
    return query.groupingSets.every(({ groupingSetKind }) => groupingSetKind === "GROUPING_SET_EMPTY")
      ? fact(true, "one-group")
      : fact(false, "several-sets");
  return isSingle(query, scope, analysis, given);
}

function fact(holds: boolean, code: RowReasonCode, subject?: string): RowFact {
  return { holds, because: subject === undefined ? { code } : { code, subject } };
}

/** LIMIT 0 or 1, by constant: what a function makes of one may be any number. */
function isLimitedToOne({ limitCount, limitOption }: Query): boolean {
  if (!limitCount || limitOption === "LIMIT_OPTION_WITH_TIES") return false;
  const limit = constantInteger(withoutImplicitCast(limitCount));
  return limit !== null && limit <= 1n;
}

/** INTERSECT has no more rows than either arm, EXCEPT no more than the first. */
function armIsSingle(node: SetOperand, scope: Scope, analysis: TreeAnalysis): RowFact {
  if (node.kind === "RangeTblRef") {
    const rte = rteOf(scope, node.rtindex);
    return rte?.rtekind === "RTE_SUBQUERY" ? analysis.singleRow(rte.subquery, scope) : fact(false, "unknown");
  }
  if (node.op === "SETOP_UNION") return fact(false, "several-arms");
  const left = armIsSingle(node.larg, scope, analysis);
  if (left.holds) return fact(true, "single-arm", node.op === "SETOP_EXCEPT" ? "EXCEPT" : "INTERSECT");
  if (node.op !== "SETOP_INTERSECT") return left;
  return armIsSingle(node.rarg, scope, analysis).holds ? fact(true, "single-arm", "INTERSECT") : left;
}

function insertsOne(query: Query, scope: Scope, analysis: TreeAnalysis): RowFact {
  const [item] = query.jointree?.fromlist ?? [];
  const source = item?.kind === "RangeTblRef" ? rteOf(scope, item.rtindex) : undefined;
  // A single row of VALUES stands in the target list.
  if (!source) return fact(true, "one-row-stored");
  return source.rtekind === "RTE_SUBQUERY"
    ? analysis.singleRow(source.subquery, scope)
    : fact(false, "several-values");
}

/** Tells whether every relation of FROM gives at most one row, or the rows are grouped into one. */
function isSingle(query: Query, scope: Scope, analysis: TreeAnalysis, given: readonly number[]): RowFact {
  const { jointree } = query;
  if (!jointree) return fact(false, "unknown");
  const level = new Level(query, jointree, scope, analysis);
  level.bind(given.flatMap((attno) => outputEntries(query)[attno - 1]?.expr ?? []));
  const members = relationsUnder(jointree);
  const result = query.resultRelation;
  if (result > 0) members.add(result);
  level.settle(members);
  // UPDATE and DELETE give a row of their target once, however many partners it has.
  const wanted = result > 0 && query.commandType !== "CMD_MERGE" ? [result] : [...members];
  const several = wanted.find((rt) => !level.isSingle(rt));
  // Where its sides do not meet, a full join gives a row of each.
  const isFull = wanted.length > 1 && [...scope.joins.values()].some(({ type }) => type === "JOIN_FULL");
  if (several === undefined && !isFull) return level.because(wanted);
  const keys = query.groupClause.length > 0 ? query.groupClause : query.distinctClause;
  if (keys.length > 0 && level.areOneGroup(entriesOf(query, keys))) return fact(true, "one-value");
  return several === undefined ? fact(false, "several-given", "FULL JOIN") : level.whySeveral(several);
}

function entriesOf(query: Query, clauses: readonly SortGroupClause[]): Expression[] {
  return clauses.flatMap(
    (clause) =>
      query.targetList.find((entry) => entry.ressortgroupref === clause.tleSortGroupRef)?.expr ?? [],
  );
}

interface Condition {
  readonly qual: Expression;
  /** The relations that it restricts: for an outer join's ON, those of the side that may be missing. */
  readonly restricts: ReadonlySet<number> | null;
}

/** What one query level determines: columns with one value at most, relations with one row at most. */
class Level {
  readonly #scope: Scope;
  readonly #analysis: TreeAnalysis;
  readonly #conditions: readonly Condition[];
  /** Relations with one row at most, and the index that shows it, if it is one. */
  readonly #single = new Map<number, RowFact>();
  /** Columns and expressions that have one value in all rows. */
  readonly #bound: Expression[] = [];
  /**
   * Columns and expressions that have equal values in all rows, which may still differ (`isExact`): one to a unique key and to GROUP BY,
   * not to what is made of them.
   */
  readonly #alike: Expression[] = [];
  /** Those of both that may be NULL in all rows, which most unique keys do not count as equal. */
  readonly #orNull = new Set<Expression>();
  /** Those of both that are only where an outer join finds a row: NULL beside the one value. */
  readonly #whereFound = new Set<Expression>();

  constructor(query: Query, jointree: FromItem, scope: Scope, analysis: TreeAnalysis) {
    this.#scope = scope;
    this.#analysis = analysis;
    // What MERGE joins by only says which row of the target a row of the source meets.
    const target = new Set([query.resultRelation]);
    this.#conditions = [
      ...collectConditions(jointree, null),
      ...conjuncts(query.mergeJoinCondition ?? null).map((qual) => ({ qual, restricts: target })),
    ];
  }

  isSingle(rt: number): boolean {
    return this.#single.has(rt);
  }

  /** Gives what shows it of those that are single: of a key rather than of what has one row anyway. */
  because(members: readonly number[]): RowFact {
    const facts = members.flatMap((rt) => this.#single.get(rt) ?? []);
    return (
      facts.find(({ because }) => because.code === "unique-key") ?? facts[0] ?? fact(true, "one-row-read")
    );
  }

  whySeveral(rt: number): RowFact {
    return this.#determined(rt);
  }

  /** Takes expressions as equal in all rows. */
  bind(exprs: readonly Expression[]): void {
    for (const raw of exprs) {
      const expr = this.#resolve(raw);
      (isExact(typeOf(expr), 0, this.#analysis.catalog) ? this.#bound : this.#alike).push(expr);
    }
  }

  /** Tells whether the expressions are one value to GROUP BY or DISTINCT. */
  areOneGroup(keys: readonly Expression[]): boolean {
    return keys.every((key) => this.#isBound(key) || this.#isAlike(key));
  }

  /** Goes round until nothing more follows. */
  settle(members: ReadonlySet<number>): void {
    for (;;) {
      const size = (): string => [this.#single.size, this.#bound.length, this.#alike.length].join();
      const before = size();
      for (const condition of this.#conditions) this.#bindFrom(condition);
      for (const rt of members) {
        const found = this.#single.has(rt) ? null : this.#determined(rt);
        if (found?.holds) this.#single.set(rt, found);
      }
      if (size() === before) return;
    }
  }

  #bindFrom({ qual, restricts }: Condition): void {
    const sides = equalitySides(qual, this.#analysis.catalog);
    if (!sides) return;
    const [a, b] = sides;
    this.#bindOne(a, b, restricts);
    this.#bindOne(b, a, restricts);
  }

  #bindOne(side: Side, by: Side, restricts: ReadonlySet<number> | null): void {
    const expr = this.#resolve(side.expr);
    const rts = relationsIn(expr);
    // Under such a cast other values are equal than without it.
    if (rts.size === 0 || expr.kind === "RelabelType" || !this.#isSteady(expr)) return;
    // Where clocks are put forward two local times are one.
    if (typeOf(expr) === TIMESTAMP && typeOf(by.expr) === TIMESTAMPTZ) return;
    if (restricts && ![...rts].every((rt) => restricts.has(rt))) return;
    const isOne = this.#isBound(by.expr, !side.orNull);
    const isExactly = isOne && isExact(typeOf(expr), side.collation, this.#analysis.catalog);
    const isOwn = (of: Expression): boolean => collationOf(this.#resolve(of)) === side.collation;
    if (!isExactly && !(isOwn(expr) && (isOne || (isOwn(by.expr) && this.#isAlike(by.expr, !side.orNull)))))
      return;
    const isKnown = (one: Expression): boolean =>
      equals(one, expr) && (restricts !== null || !this.#whereFound.has(one));
    if (this.#bound.some(isKnown) || (!isExactly && this.#alike.some(isKnown))) return;
    (isExactly ? this.#bound : this.#alike).push(expr);
    if (side.orNull) this.#orNull.add(expr);
    if (restricts) this.#whereFound.add(expr);
  }

  /** @param orNull whether it may be NULL beside that, where an outer join finds no row */
  #isAlike(raw: Expression, orNull = false): boolean {
    const expr = asCompared(this.#resolve(raw), this.#analysis.catalog);
    return expr.kind !== "RelabelType" && this.#isAmong(this.#alike, expr, raw, orNull);
  }

  #isAmong(list: readonly Expression[], expr: AnyNode, raw: AnyNode, orNull: boolean): boolean {
    const known = list.filter((one) => equals(one, expr));
    return (
      known.some((one) => !this.#whereFound.has(one)) ||
      (known.length > 0 && (orNull || !this.#isNulled(raw)))
    );
  }

  /** Tells whether an outer join may find no row for something in it. */
  #isNulled(raw: AnyNode): boolean {
    return ownNodes([raw, this.#resolve(raw)]).some(
      (node) => node.kind === "Var" && node.varnullingrels.length > 0,
    );
  }

  /**
   * Tells whether the expression has one value: made of constants, parameters, outer columns and what is bound.
   * @param orNull whether it may be NULL beside that, where an outer join finds no row
   */
  #isBound(raw: AnyNode, orNull = false): boolean {
    const expr = this.#resolve(raw);
    if (this.#isAmong(this.#bound, expr, raw, orNull)) return true;
    switch (expr.kind) {
      case "Const":
      case "Param":
        return true;
      case "Var":
        return expr.varlevelsup > 0 || (this.#isFixed(expr.varno) && (orNull || !this.#isNulled(raw)));
      case "SubLink":
        return expr.subLinkType === "EXPR_SUBLINK" && this.#isBoundSubquery(expr.subselect);
      case "FuncExpr":
      case "OpExpr": {
        const fn = this.#analysis.catalog.function(calledBy(expr));
        // `random()` has another value in each row.
        return (
          fn !== undefined &&
          fn.volatility !== "v" &&
          expr.args.every((arg) => this.#isBound(arg, orNull && fn.strict))
        );
      }
      case "Aggref":
      case "WindowFunc":
      case "Query":
      case "NextValueExpr":
        return false;
      default:
        return [...childrenOf(expr)].every((child) => this.#isBound(child));
    }
  }

  /** Tells whether a relation has one row at most, and that one beside all rows of the others: LATERAL gives each its own. */
  #isFixed(rt: number): boolean {
    if (!this.#single.has(rt)) return false;
    const rte = rteOf(this.#scope, rt);
    switch (rte?.rtekind) {
      case "RTE_SUBQUERY":
        return this.#isBoundSubquery(rte.subquery);
      case "RTE_FUNCTION":
      case "RTE_VALUES":
        return [...childrenOf(rte)].every((part) =>
          referencesTo(part, 0).every((column) => this.#isBound(column)),
        );
      default:
        return true;
    }
  }

  /**
   * Tells whether a scalar subquery gives one value: where the columns of this level that it looks at have one. One that looks at
   * some is asked in each row anew, `random()` in it too; any other once.
   */
  #isBoundSubquery(subquery: Query): boolean {
    const columns = referencesTo(subquery, 0);
    return (
      columns.every((column) => this.#isBound(column)) && (columns.length === 0 || this.#isSteady(subquery))
    );
  }

  /** Tells whether an expression that is asked twice for the same row answers the same. */
  #isSteady(expr: AnyNode): boolean {
    return everyNode(expr).every(
      (node) => this.#analysis.catalog.function(calledBy(node))?.volatility !== "v",
    );
  }

  /** The column under a join's or a grouping's name for it. */
  #resolve<N extends AnyNode>(expr: N): N | Expression {
    if (expr.kind !== "Var" || expr.varlevelsup !== 0) return expr;
    const rte = rteOf(this.#scope, expr.varno);
    const list =
      rte?.rtekind === "RTE_JOIN" ? rte.joinaliasvars : rte?.rtekind === "RTE_GROUP" ? rte.groupexprs : [];
    const source = list[expr.varattno - 1];
    return source ? this.#resolve(source) : expr;
  }

  /** Tells whether the relation has one row at most in the rows of the level. */
  #determined(rt: number): RowFact {
    const rte = rteOf(this.#scope, rt)!;
    const name = aliasName(rte);
    switch (rte.rtekind) {
      case "RTE_RELATION": {
        const relation = this.#analysis.catalog.relation(rte.relid);
        if (!relation?.viewQuery) return this.#byKey(rt, rte);
        const found = this.#subquery(rt, relation.viewQuery, null);
        // What fills it may have done so before there was the key.
        if (relation.kind === "materialized view")
          return found.holds && AT_ALL_TIMES.has(found.because.code) ? found : this.#byKey(rt, rte);
        // What stands in a view's text is none of the query's.
        return found.holds ? found : this.#several("several-given", name);
      }
      case "RTE_SUBQUERY":
        return this.#subquery(rt, rte.subquery, this.#scope);
      case "RTE_CTE": {
        const found = findCte(this.#scope, rte);
        return found !== null && !found.cte.cterecursive
          ? this.#subquery(rt, found.cte.ctequery, found.scope)
          : this.#several("several-given", name);
      }
      case "RTE_VALUES":
        return rte.values_lists.length <= 1
          ? fact(true, "one-row-read")
          : fact(false, "several-given", "VALUES");
      case "RTE_FUNCTION":
        return rte.functions.every(({ funcexpr }) => funcexpr.kind !== "FuncExpr" || !funcexpr.funcretset)
          ? fact(true, "one-row-read")
          : this.#several("several-given", name);
      default:
        return this.#several("several-given", name);
    }
  }

  #byKey(rt: number, rte: RelationEntry): RowFact {
    const { catalog } = this.#analysis;
    const relation = catalog.relation(rte.relid);
    // A table's index knows nothing of the rows of those that inherit from it; a partitioned table's does.
    const isWhole = relation?.kind === "partitioned table" || !relation?.hasChildren || !rte.inh;
    const index = isWhole
      ? catalog
          .uniqueIndexes(rte.relid)
          .find(
            ({ keys, nullsNotDistinct, predicate }) =>
              keys.every((key) => this.#isBoundKey(rt, key, nullsNotDistinct)) &&
              (predicate === null || this.#implies(rt, predicate)),
          )
      : undefined;
    if (index) return fact(true, "unique-key", index.name);
    return this.#several("several-found", aliasName(rte));
  }

  #several(code: RowReasonCode, subject: string): RowFact {
    return { holds: false, because: this.#analysis.ofRelation({ code, subject }, subject) };
  }

  #isBoundKey(rt: number, key: IndexKey, orNull: boolean): boolean {
    const counts = (expr: Expression): boolean => orNull || !this.#orNull.has(expr);
    if (typeof key !== "number") {
      const known = key.kind === "RelabelType" ? this.#bound : [...this.#bound, ...this.#alike];
      if (known.some((e) => counts(e) && equals(e, key, rt))) return true;
      // An index on `(true)` is how a table is made to have one row.
      if (key.kind === "Const") return orNull || !key.constisnull;
      // `lower(name)` has one value where `name` has.
      const columns = everyNode(key).filter((node) => node.kind === "Var");
      return (
        columns.length > 0 &&
        columns.every((column) => this.#isBoundColumn(this.#bound, rt, column.varattno, orNull))
      );
    }
    return this.#isBoundColumn([...this.#bound, ...this.#alike], rt, key, orNull);
  }

  #isBoundColumn(bound: readonly Expression[], rt: number, key: number, orNull: boolean): boolean {
    const counts = (expr: Expression): boolean => orNull || !this.#orNull.has(expr);
    return bound.some(
      (e) => e.kind === "Var" && e.varno === rt && e.varattno === key && e.varlevelsup === 0 && counts(e),
    );
  }

  /** Tells whether the conditions hold a partial index's predicate word for word, or show that a column is not NULL. */
  #implies(rt: number, predicate: Expression): boolean {
    return conjuncts(predicate).every((wanted) => {
      // What is equal to something is not NULL.
      const column = wanted.kind === "NullTest" && wanted.nulltesttype === "IS_NOT_NULL" ? wanted.arg : null;
      if (this.#bound.some((known) => !this.#orNull.has(known) && equals(known, column, rt))) return true;
      return this.#conditions.some(
        ({ qual, restricts }) => (restricts === null || restricts.has(rt)) && equals(qual, wanted, rt),
      );
    });
  }

  #subquery(rt: number, subquery: Query, parent: Scope | null): RowFact {
    const equal = [...this.#bound, ...this.#alike.filter((expr) => collationOf(expr) === 0)].filter(
      (expr) => !this.#orNull.has(expr),
    );
    const given = equal.flatMap((e) =>
      e.kind === "Var" && e.varlevelsup === 0 && e.varno === rt ? [e.varattno] : [],
    );
    return this.#analysis.singleRow(subquery, parent, given);
  }
}

/** Reasons that rest on what a query is, not on keys. */
const AT_ALL_TIMES: ReadonlySet<RowReasonCode> = new Set(["limit-one", "one-group"]);

/** The conditions that every row satisfies, and those that only decide which partner an outer join gives. */
function collectConditions(item: FromItem, restricts: ReadonlySet<number> | null): Condition[] {
  if (item.kind === "RangeTblRef") return [];
  if (item.kind === "FromExpr") {
    return [
      ...conjuncts(item.quals).map((qual) => ({ qual, restricts })),
      ...item.fromlist.flatMap((child) => collectConditions(child, restricts)),
    ];
  }
  const { jointype, larg, rarg } = item;
  if (jointype === "JOIN_FULL") return [];
  const leftSide = jointype === "JOIN_RIGHT" ? relationsUnder(larg) : restricts;
  const rightSide = jointype === "JOIN_LEFT" ? relationsUnder(rarg) : restricts;
  const side = jointype === "JOIN_LEFT" ? rightSide : jointype === "JOIN_RIGHT" ? leftSide : restricts;
  return [
    ...conjuncts(item.quals).map((qual) => ({ qual, restricts: side })),
    ...collectConditions(larg, leftSide),
    ...collectConditions(rarg, rightSide),
  ];
}

/** The collation of a column; of anything else 0, as if it had none: what the tree says of it is not looked at. */
function collationOf(expr: AnyNode): number {
  return expr.kind === "Var" ? expr.varcollid : 0;
}

/** The relations of this level that the expression mentions. */
export function relationsIn(expr: AnyNode): Set<number> {
  if (expr.kind === "Var") return expr.varlevelsup === 0 ? new Set([expr.varno]) : new Set();
  return new Set([...childrenOf(expr)].flatMap((child) => [...relationsIn(child)]));
}

/** The columns of the level around a subquery that it mentions, as that level would write them. */
function referencesTo(node: AnyNode, depth: number): Expression[] {
  if (node.kind === "Var") return node.varlevelsup === depth ? [{ ...node, varlevelsup: 0 }] : [];
  const inner = node.kind === "Query" ? depth + 1 : depth;
  return [...childrenOf(node)].flatMap((child) => referencesTo(child, inner));
}
