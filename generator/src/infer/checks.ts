import type { RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Const, Expression } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { constantBoolean, isSameConstant } from "./constants.ts";
import { withoutRelabel } from "./operators.ts";
import { conditionsOf, isPresent } from "./present-rows.ts";
import type { Scope } from "./scope.ts";
import { reason } from "./value.ts";

/** What is known of one row of a relation. */
export interface KnownRow {
  /** The constant that a column equals. */
  constant(attno: number): Const | undefined;
  isNotNull(attno: number): boolean;
}

const NOTHING_KNOWN: KnownRow = { constant: () => undefined, isNotNull: () => false };

/** The columns that are not NULL in any row that a CHECK lets in. */
export function whenNotFalse(check: Expression, catalog: CatalogReader): ReadonlySet<number> {
  return new RowCheck(NOTHING_KNOWN, catalog).notFalse(check);
}

/** The columns that are not NULL in a row of which so much is known, with the name of the constraint that says so. */
export function provenByChecks(
  relation: RawRelation,
  row: KnownRow,
  analysis: TreeAnalysis,
): ReadonlyMap<number, string> {
  const proven = new Map<number, string>();
  const check = new RowCheck(row, analysis.catalog);
  for (const { since, name, expr } of relation.checks) {
    if (analysis.facts.counts(since)) for (const attno of check.notFalse(expr)) proven.set(attno, name);
  }
  return proven;
}

/** Adds to what is proven of a level: the columns that a constraint and the level's conditions together leave no NULL. */
export function proveFromChecks(
  scope: Scope,
  analysis: TreeAnalysis,
  narrowing: readonly Expression[] = [],
): void {
  const constants = constantsOf([...conditionsOf(scope), ...narrowing], analysis);
  for (const [index, rte] of scope.rtable.entries()) {
    const relation = rte.rtekind === "RTE_RELATION" ? analysis.catalog.relation(rte.relid) : undefined;
    const varno = index + 1;
    if (!relation || !isPresent(varno, scope)) continue;
    const row: KnownRow = {
      constant: (attno) => constants.get(`${varno}.${attno}`),
      isNotNull: (attno) =>
        scope.proven.has(keyOf(varno, attno)) || !analysis.facts.column(relation.oid, attno).nullable,
    };
    for (const [attno, name] of provenByChecks(relation, row, analysis)) {
      const key = keyOf(varno, attno);
      if (!scope.proven.has(key) && analysis.facts.column(relation.oid, attno).nullable)
        scope.proven.set(key, reason("condition-check", name));
    }
  }
}

function keyOf(varno: number, attno: number): string {
  return `${varno}.${attno}.VAR_RETURNING_DEFAULT`;
}

/** The constants that columns of the level equal where the conditions hold, by `<varno>.<attno>`. */
export function constantsOf(
  conditions: readonly Expression[],
  { catalog }: TreeAnalysis,
): ReadonlyMap<string, Const> {
  const constants = new Map<string, Const>();
  for (const condition of conditions) {
    if (condition.kind !== "OpExpr" || catalog.comparison(condition.opno) !== "=") continue;
    const [left, right] = condition.args.map(withoutRelabel);
    if (left && right) {
      for (const [column, constant] of [
        [left, right],
        [right, left],
      ] as const) {
        if (column.kind === "Var" && column.varlevelsup === 0 && constant.kind === "Const")
          constants.set(`${column.varno}.${column.varattno}`, constant);
      }
    }
  }
  return constants;
}

/** True, false, NULL, or undefined where it depends on what is not known. */
type Outcome = boolean | null | undefined;

/** Three-valued logic over a row that is known in part. A CHECK lets in every row for which it is not false. */
class RowCheck {
  readonly #row: KnownRow;
  readonly #catalog: CatalogReader;

  constructor(row: KnownRow, catalog: CatalogReader) {
    this.#row = row;
    this.#catalog = catalog;
  }

  /** The columns that are not NULL where the expression is true or NULL. */
  notFalse(expr: Expression): ReadonlySet<number> {
    switch (expr.kind) {
      case "BoolExpr": {
        if (expr.boolop === "NOT_EXPR") return this.notTrue(expr.args[0]!);
        if (expr.boolop === "AND_EXPR") return union(expr.args.map((arg) => this.notFalse(arg)));
        return intersection(
          expr.args.filter((arg) => this.#outcome(arg) !== false).map((arg) => this.notFalse(arg)),
        );
      }
      case "NullTest":
        return expr.nulltesttype === "IS_NOT_NULL" ? columnIn(expr.arg) : NONE;
      case "OpExpr":
        return this.#equivalent(expr.opno, expr.args, (other, value) =>
          value ? this.notFalse(other) : this.notTrue(other),
        );
      case "CaseExpr": {
        if (expr.arg) return NONE;
        const reached: ReadonlySet<number>[] = [];
        for (const when of expr.args) {
          const outcome = this.#outcome(when.expr);
          if (outcome === true || outcome === undefined) reached.push(this.notFalse(when.result));
          if (outcome === true) return intersection(reached);
        }
        return intersection([...reached, this.notFalse(expr.defresult)]);
      }
      default:
        return NONE;
    }
  }

  /** The columns that are not NULL where the expression is false or NULL. */
  notTrue(expr: Expression): ReadonlySet<number> {
    switch (expr.kind) {
      case "BoolExpr": {
        if (expr.boolop === "NOT_EXPR") return this.notFalse(expr.args[0]!);
        if (expr.boolop === "OR_EXPR") return union(expr.args.map((arg) => this.notTrue(arg)));
        return intersection(
          expr.args.filter((arg) => this.#outcome(arg) !== true).map((arg) => this.notTrue(arg)),
        );
      }
      case "NullTest":
        return expr.nulltesttype === "IS_NULL" ? columnIn(expr.arg) : NONE;
      case "OpExpr":
        return this.#equivalent(expr.opno, expr.args, (other, value) =>
          value ? this.notTrue(other) : this.notFalse(other),
        );
      default:
        return NONE;
    }
  }

  /** `(status = 'stored') = (size is not null)`: where one side is known, so is what the other must be. */
  #equivalent(
    opno: number,
    args: readonly Expression[],
    follow: (other: Expression, value: boolean) => ReadonlySet<number>,
  ): ReadonlySet<number> {
    if (opno !== BOOLEAN_EQUAL) return NONE;
    for (const [one, other] of [args, args.toReversed()] as (readonly [Expression, Expression])[]) {
      const outcome = this.#outcome(one);
      if (typeof outcome === "boolean") return follow(other, outcome);
    }
    return NONE;
  }

  #outcome(expr: Expression): Outcome {
    switch (expr.kind) {
      case "Const":
        return expr.constisnull ? null : (constantBoolean(expr) ?? undefined);
      case "Var": {
        const constant = this.#constant(expr);
        return constant ? (constantBoolean(constant) ?? undefined) : undefined;
      }
      case "BoolExpr": {
        const outcomes = expr.args.map((arg) => this.#outcome(arg));
        if (expr.boolop === "NOT_EXPR") return typeof outcomes[0] === "boolean" ? !outcomes[0] : outcomes[0];
        const decisive = expr.boolop === "OR_EXPR";
        if (outcomes.includes(decisive)) return decisive;
        if (outcomes.includes(undefined)) return undefined;
        return outcomes.includes(null) ? null : !decisive;
      }
      case "NullTest": {
        const bare = withoutRelabel(expr.arg);
        if (expr.argisrow || bare.kind !== "Var" || !this.#row.isNotNull(bare.varattno)) return undefined;
        return expr.nulltesttype === "IS_NOT_NULL";
      }
      case "OpExpr": {
        const comparison = this.#catalog.comparison(expr.opno);
        if (comparison !== "=" && comparison !== "<>") return undefined;
        const equal = this.#areEqual(expr.args[0], expr.args[1], expr.inputcollid);
        return equal === undefined ? undefined : equal === (comparison === "=");
      }
      case "ScalarArrayOpExpr": {
        const comparison = this.#catalog.comparison(expr.opno);
        const [scalar, array] = expr.args;
        if (!(comparison === "=" && expr.useOr) && !(comparison === "<>" && !expr.useOr)) return undefined;
        const list = array ? withoutRelabel(array) : undefined;
        if (list?.kind !== "ArrayExpr") return undefined;
        const equals = list.elements.map((element) => this.#areEqual(scalar, element, expr.inputcollid));
        if (equals.includes(true)) return expr.useOr;
        return equals.includes(undefined) ? undefined : !expr.useOr;
      }
      default:
        return undefined;
    }
  }

  #areEqual(
    left: Expression | undefined,
    right: Expression | undefined,
    collation: number,
  ): boolean | undefined {
    const a = left && this.#constant(left);
    const b = right && this.#constant(right);
    return a && b ? isSameConstant(a, b, collation, this.#catalog) : undefined;
  }

  #constant(expr: Expression): Const | undefined {
    const bare = withoutRelabel(expr);
    if (bare.kind === "Const") return bare;
    return bare.kind === "Var" ? this.#row.constant(bare.varattno) : undefined;
  }
}

/** The operator `boolean = boolean`. */
const BOOLEAN_EQUAL = 91;

const NONE: ReadonlySet<number> = new Set();

/** The column that an expression of a CHECK is, in which there are no subqueries. */
function columnIn(expr: Expression): ReadonlySet<number> {
  const bare = withoutRelabel(expr);
  return bare.kind === "Var" ? new Set([bare.varattno]) : NONE;
}

function union(sets: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  return new Set(sets.flatMap((set) => [...set]));
}

function intersection(sets: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  const [first, ...rest] = sets;
  return first ? new Set([...first].filter((attno) => rest.every((set) => set.has(attno)))) : NONE;
}
