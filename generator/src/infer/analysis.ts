import { once } from "../model/once.ts";
import type { Reason, ReasonCode } from "../model/reason.ts";
import type { RowCount, RowFact, RowReason } from "../model/row-count.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type {
  AnyNode,
  Expression,
  Query,
  SetOperand,
  SetOperationStmt,
} from "../postgres/tree/node-types.ts";
import { childrenOf } from "../postgres/tree/walk.ts";
import type { CatalogFacts } from "./catalog-facts.ts";
import { certainRow } from "./certain-row.ts";
import { columnOf, settleRecursion } from "./columns.ts";
import { expressionKey } from "./expression-key.ts";
import { deliveredBy } from "./expressions.ts";
import { narrowed, proveLevel } from "./proofs.ts";
import { emptyMemo, openScope, outputEntries, rteOf, type Scope } from "./scope.ts";
import { containsSet, setFunctionColumn } from "./set-functions.ts";
import { singleRow } from "./single-row.ts";
import { either, reason, type Value } from "./value.ts";
import { isGroupedAway } from "./variables.ts";

/** What is known of a parameter before the analysis. */
export interface ParameterFacts {
  readonly nullable: boolean;
  readonly elementsNullable: boolean;
}

export interface AnalysisOptions {
  /** Of `$n`; where it is left out, each may be NULL. */
  readonly parameter?: (number: number) => ParameterFacts;
  /** The offset in the query's text of a node's `location`, or undefined where the text is another. */
  readonly offsetOf?: (location: number) => number | undefined;
  /** The offset in the query's text of the relation in FROM that is known by the name; undefined where it is not certain which. */
  readonly relationAt?: (name: string) => number | undefined;
  /** Whether the statement is sent as it is: the query of a view, or a function's, may become part of another that waits for locks. */
  readonly isWholeStatement?: boolean;
  /** Whether the functions that are called are those of the catalog: true where it is left out. */
  readonly readsBodies?: boolean;
}

const UNKNOWN_PARAMETER: ParameterFacts = { nullable: true, elementsNullable: true };

/**
 * Says of every expression of one analysed statement what it can deliver, each worked out once: by node and level.
 * What is not proven can be NULL.
 */
export class TreeAnalysis {
  readonly facts: CatalogFacts;
  readonly parameter: (number: number) => ParameterFacts;
  readonly isWholeStatement: boolean;
  readonly readsBodies: boolean;
  readonly #offsetOf: (location: number) => number | undefined;
  readonly #relationAt: (name: string) => number | undefined;
  /** What was last assumed of the columns of a recursive CTE's query: it only grows. */
  readonly settled = new Map<Query, readonly Value[]>();
  /** The outermost levels. */
  readonly #memo = emptyMemo();
  /** Whether queries within give one row at most, which no proof about a value changes: by query, and what is given of its outputs. */
  readonly #singleRows = new Map<Query, Map<string, RowFact>>();

  constructor(facts: CatalogFacts, options: AnalysisOptions = {}) {
    this.facts = facts;
    this.parameter = options.parameter ?? (() => UNKNOWN_PARAMETER);
    this.isWholeStatement = options.isWholeStatement ?? false;
    this.readsBodies = options.readsBodies ?? true;
    this.#offsetOf = options.offsetOf ?? (() => undefined);
    this.#relationAt = options.relationAt ?? (() => undefined);
  }

  get catalog(): CatalogReader {
    return this.facts.catalog;
  }

  /** Gives what an expression of the level delivers. */
  value(expr: Expression, scope: Scope): Value {
    return once(scope.memo.values, expr, () => this.#value(expr, scope));
  }

  #value(expr: Expression, scope: Scope): Value {
    let found = deliveredBy(expr, scope, this);
    if (found.nullable && scope.provenExpressions.size > 0) {
      const key = expressionKey(expr, this.catalog);
      const proof = key === null ? undefined : scope.provenExpressions.get(key);
      if (proof) found = found.decidedBy(false, proof);
    }
    if (!found.nullable && isGroupedAway(expr, scope)) found = found.decidedBy(true, reason("grouping-sets"));
    // What rests on nothing else that stands in the text is about the expression itself.
    return found.because.at === undefined
      ? found.decidedBy(found.nullable, this.located(found.because, expr))
      : found;
  }

  /** A column of a range-table entry, in a row that is there. */
  column(scope: Scope, varno: number, attno: number): Value {
    const level = scope.everyRow ?? scope;
    return once(level.memo.columns, `${varno}.${attno}`, () => columnOf(level, varno, attno, this));
  }

  /** A level of the tree with everything that its predicates prove. */
  enter(query: Query, parent: Scope | null, recursion?: Scope["recursion"]): Scope {
    const scope = openScope(query, parent, recursion);
    proveLevel(scope, this);
    return scope;
  }

  /** The level for the rows that a condition lets pass; the level itself where there is none. */
  where(condition: Expression | null, scope: Scope, code: ReasonCode = "condition-case"): Scope {
    if (!condition) return scope;
    const known = this.#narrowed(condition, scope);
    known.whenTrue ??= narrowed(scope, condition, true, code, this);
    return known.whenTrue;
  }

  /** The level for the rows in which a condition that is never NULL is false. */
  whereNot(condition: Expression, scope: Scope): Scope {
    const known = this.#narrowed(condition, scope);
    known.whenFalse ??= narrowed(scope, condition, false, "condition-case", this);
    return known.whenFalse;
  }

  #narrowed(condition: Expression, scope: Scope): { whenTrue?: Scope; whenFalse?: Scope } {
    return once(scope.memo.narrowed, condition, () => ({}));
  }

  /** The columns that a query delivers. `recursion` is for the rounds of a recursive CTE, none of which is remembered. */
  outputs(query: Query, parent: Scope | null, recursion?: Scope["recursion"]): readonly Value[] {
    const { outputs } = parent?.memo ?? this.#memo;
    if (recursion) return this.#delivered(query, parent, recursion);
    return once(outputs, query, () => this.#delivered(query, parent));
  }

  #delivered(query: Query, parent: Scope | null, recursion?: Scope["recursion"]): readonly Value[] {
    const scope = this.enter(query, parent, recursion);
    return query.setOperations
      ? this.#arm(query.setOperations, scope)
      : outputEntries(query).map((entry) => this.output(entry.expr, this.returning(scope)));
  }

  /** The columns of a recursive CTE, once they no longer change from round to round. */
  recursiveOutputs(name: string, query: Query, owner: Scope): readonly Value[] {
    return once(owner.memo.outputs, query, () => settleRecursion(name, query, owner, this));
  }

  /** Tells how many rows the statement delivers. */
  rows(query: Query): RowCount {
    const least = this.certainRow(query, null);
    const most = this.singleRow(query, null);
    return {
      atLeastOne: least.holds,
      atMostOne: most.holds,
      because: { atLeastOne: least.because, atMostOne: most.because },
    };
  }

  /** Tells whether a query delivers at least one row. */
  certainRow(query: Query, parent: Scope | null): RowFact {
    const { certainRows } = parent?.memo ?? this.#memo;
    return once(certainRows, query, () => certainRow(query, parent, this));
  }

  /** Tells whether a query delivers at most one row, of those in which the given ones of its columns have one value. */
  singleRow(query: Query, parent: Scope | null, given: readonly number[] = []): RowFact {
    const byGiven = once(this.#singleRows, query, () => new Map<string, RowFact>());
    return once(byGiven, given.join(), () => singleRow(query, parent, given, this));
  }

  /** The level as the list of what it delivers sees it: RETURNING looks at rows that the command has changed. */
  returning(scope: Scope): Scope {
    if (scope.query.commandType === "CMD_SELECT" || scope.isReturning) return scope;
    scope.memo.returning ??= {
      ...scope,
      isReturning: true,
      proven: new Map(
        [...scope.proven].flatMap(([key, proof]) =>
          keysAfter(key, scope.query).map((after) => [after, proof] as const),
        ),
      ),
      memo: { ...emptyMemo(), before: scope },
    };
    return scope.memo.returning;
  }

  /** The level as the command's own expressions see it. */
  beforeCommand(scope: Scope): Scope {
    return scope.memo.before ?? scope;
  }

  /** The level for the rows in which a side of a full join is there. */
  assuming(scope: Scope, side: string): Scope {
    return once(scope.memo.assumed, side, () => ({
      ...scope,
      present: new Map([...scope.present, [side, reason("both-sides")]]),
      everyRow: scope.everyRow ?? scope,
      memo: emptyMemo(),
    }));
  }

  /** Gives what the level delivers for an expression of its list. */
  output(expr: Expression, scope: Scope): Value {
    if (expr.kind !== "FuncExpr" || !expr.funcretset) return this.value(expr, scope);
    // Those of ORDER BY, GROUP BY and DISTINCT ON count too, shown or not.
    const sets = scope.query.targetList.filter((entry) => containsSet(entry.expr)).length;
    const found = setFunctionColumn(expr, null, scope, this);
    const because = sets > 1 ? reason("padded-set") : found.because;
    return found.decidedBy(
      sets > 1 || found.nullable,
      because.at === undefined ? this.located(because, expr) : because,
    );
  }

  #arm(node: SetOperand, scope: Scope): readonly Value[] {
    if (node.kind === "RangeTblRef") {
      const rte = rteOf(scope, node.rtindex);
      return rte?.rtekind === "RTE_SUBQUERY" ? this.outputs(rte.subquery, scope) : [];
    }
    const left = this.#arm(node.larg, scope);
    const right = this.#arm(node.rarg, scope);
    return left.map((own, i) => combined(node.op, own, right[i] ?? own));
  }

  offsetOf(location: number): number | undefined {
    return this.#offsetOf(location);
  }

  /** A reason with the place of a relation in FROM. */
  ofRelation<R extends Reason | RowReason>(because: R, name: string): R {
    const at = this.#relationAt(name);
    return at === undefined ? because : { ...because, at };
  }

  /** A reason with the place of the node that it is about, where the tree says it. */
  located<R extends Reason | RowReason>(because: R, node: AnyNode): R {
    const location = locationOf(node);
    const at = location < 0 ? undefined : this.#offsetOf(location);
    return at === undefined ? because : { ...because, at };
  }
}

/** Finds where a node stands, or, where the tree does not say it, the first of its parts of which it does; -1 for nowhere. */
function locationOf(node: AnyNode): number {
  const own = "location" in node ? node.location : -1;
  if (own >= 0) return own;
  const parts = [...childrenOf(node)].map(locationOf).filter((location) => location >= 0);
  return parts.length > 0 ? Math.min(...parts) : -1;
}

/**
 * The variables of which what predicates prove is so after the command, which changes rows of its target: those that were are OLD. MERGE
 * may have none of the source.
 */
function keysAfter(key: string, { commandType, resultRelation }: Query): readonly string[] {
  if (commandType === "CMD_MERGE") return [];
  if (!key.startsWith(`${resultRelation}.`)) return [key];
  // A row that is inserted was none before: what CHECKs prove is of rows that are there.
  if (commandType === "CMD_INSERT") return [];
  const old = key.replace("VAR_RETURNING_DEFAULT", "VAR_RETURNING_OLD");
  return commandType === "CMD_DELETE" ? [key, old] : [old];
}

/** Gives what comes out of two arms. A value of theirs is neither's column any more, but its elements and attributes are of one of the two. */
function combined(op: SetOperationStmt["op"], left: Value, right: Value): Value {
  if (op === "SETOP_EXCEPT") return left.withoutOrigin();
  if (op === "SETOP_UNION") {
    const value = either(left, right);
    return value.decidedBy(
      value.nullable,
      reason(value.nullable ? "either-arm" : "every-arm", "UNION", value.because),
    );
  }
  const proof = left.nullable ? right : left;
  if (!proof.nullable)
    return left.withoutOrigin().decidedBy(false, reason("some-arm", "INTERSECT", proof.because));
  return left.withoutOrigin().decidedBy(true, reason("either-arm", "INTERSECT", left.because));
}
