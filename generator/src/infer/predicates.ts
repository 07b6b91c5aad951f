import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { asList, asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { COMMAND, JOIN, RTE, rteOf, type Scope, variableKey } from "./scope.ts";

/** What predicates prove: the variables that are not NULL in every row that passes them. */
export interface PredicateContext {
  readonly catalog: CatalogReader;
  /** Whether an expression can be NULL, judged without this level's own facts being complete. */
  readonly nullable: (expr: Node, scope: Scope) => boolean;
}

/** Fills `scope.proven` and `scope.present` from WHERE, JOIN … ON and HAVING. */
export function proveFromPredicates(scope: Scope, context: PredicateContext): void {
  const jointree = asNode(scope.query.jointree);
  if (jointree) {
    untilSettled(scope, () => {
      walkFrom(jointree, scope, context);
    });
  }
  const having = asNode(scope.query.havingQual);
  if (having) addAll(scope.proven, whenTrue(having, scope, context));
}

/** The level for the rows in which a condition is true, or, of one that is never NULL, false. */
export function narrowed(scope: Scope, condition: Node, outcome: boolean, context: PredicateContext): Scope {
  const narrow: Scope = {
    ...scope,
    proven: new Set(scope.proven),
    present: new Set(scope.present),
    everyRow: scope.everyRow ?? scope,
  };
  untilSettled(narrow, () => {
    const facts = outcome ? whenTrue(condition, narrow, context) : whenFalse(condition, narrow, context);
    addAll(narrow.proven, facts);
  });
  return narrow;
}

function untilSettled(scope: Scope, prove: () => void): void {
  for (;;) {
    const before = scope.proven.size + scope.present.size;
    prove();
    markPresentSides(scope);
    if (scope.proven.size + scope.present.size === before) return;
  }
}

function walkFrom(item: Node, scope: Scope, context: PredicateContext): void {
  if (item.node === "FROMEXPR") {
    const quals = asNode(item.quals);
    if (quals) addAll(scope.proven, whenTrue(quals, scope, context));
    for (const child of asNodes(item.fromlist)) walkFrom(child, scope, context);
    return;
  }
  if (item.node !== "JOINEXPR") return;
  const type = asNumber(item.jointype);
  const rtindex = asNumber(item.rtindex);
  const left = type === JOIN.inner || type === JOIN.left || scope.present.has(`${rtindex}:l`);
  const right = type === JOIN.inner || type === JOIN.right || scope.present.has(`${rtindex}:r`);
  if (left) walkFrom(asNode(item.larg)!, scope, context);
  if (right) walkFrom(asNode(item.rarg)!, scope, context);
  const quals = asNode(item.quals);
  if (left && right && quals) addAll(scope.proven, whenTrue(quals, scope, context));
}

/** A variable that is not NULL shows that the side of the outer join it comes from is there. */
function markPresentSides(scope: Scope): void {
  if (asNumber(scope.query.commandType) === COMMAND.merge) return;
  for (const key of scope.proven) {
    for (const varno of underlying(scope, key)) {
      for (const [rtindex, join] of scope.joins) {
        if (join.left.has(varno)) scope.present.add(`${rtindex}:l`);
        if (join.right.has(varno)) scope.present.add(`${rtindex}:r`);
      }
    }
  }
}

/** The base entries that a proven variable shows to be present; a join's column is followed to its side. */
function underlying(scope: Scope, key: string): number[] {
  const [varno, attno] = key.split(".").map(Number) as [number, number];
  const rte = rteOf(scope, varno);
  if (!rte || key.startsWith("p")) return [];
  const kind = asNumber(rte.rtekind);
  if (kind === RTE.join || kind === RTE.group) {
    const source = asNodes(kind === RTE.join ? rte.joinaliasvars : rte.groupexprs)[attno - 1];
    return source?.node === "VAR" && asNumber(source.varlevelsup) === 0
      ? underlying(scope, variableKey(source))
      : [];
  }
  return [varno];
}

type Facts = ReadonlySet<string>;
const NOTHING: Facts = new Set();

/** The variables that are not NULL where the boolean expression is true. */
export function whenTrue(expr: Node, scope: Scope, context: PredicateContext): Facts {
  switch (expr.node) {
    case "BOOLEXPR": {
      const args = asNodes(expr.args);
      if (expr.boolop === "and") return union(args.map((a) => whenTrue(a, scope, context)));
      if (expr.boolop === "or") return intersection(args.map((a) => whenTrue(a, scope, context)));
      return args[0] ? whenFalse(args[0], scope, context) : NOTHING;
    }
    case "NULLTEST":
      // IS NOT NULL is 1.
      if (asNumber(expr.nulltesttype) !== 1) return NOTHING;
      return whenNotNull(asNode(expr.arg)!, scope, context, expr.argisrow === true);
    case "BOOLEANTEST": {
      // IS_TRUE, IS_NOT_TRUE, IS_FALSE, IS_NOT_FALSE, IS_UNKNOWN, IS_NOT_UNKNOWN
      const arg = asNode(expr.arg)!;
      const test = asNumber(expr.booltesttype);
      if (test === 0) return whenTrue(arg, scope, context);
      if (test === 2) return whenFalse(arg, scope, context);
      return test === 5 ? whenNotNull(arg, scope, context) : NOTHING;
    }
    case "SUBLINK":
      return anySublink(expr, scope, context);
    case "SCALARARRAYOPEXPR": {
      const [scalar] = asNodes(expr.args);
      const strict = context.catalog.function(asNumber(expr.opfuncid))?.strict === true;
      const value = whenNotNull(expr, scope, context);
      // `= any` that is true has met an equal element.
      return strict && expr.useOr === true && scalar
        ? union([value, whenNotNull(scalar, scope, context)])
        : value;
    }
    case "COALESCEEXPR": {
      // coalesce(x, false) is true only where x is.
      const [first, ...rest] = asNodes(expr.args);
      return first && rest.every(isFalse) ? whenTrue(first, scope, context) : NOTHING;
    }
    default:
      return whenNotNull(expr, scope, context);
  }
}

function isFalse(node: Node): boolean {
  return node.node === "CONST" && node.constisnull !== true && asNumber(asList(node.constvalue)[0]) === 0;
}

function whenFalse(expr: Node, scope: Scope, context: PredicateContext): Facts {
  switch (expr.node) {
    case "BOOLEXPR": {
      const args = asNodes(expr.args);
      if (expr.boolop === "or") return union(args.map((a) => whenFalse(a, scope, context)));
      if (expr.boolop === "and") return intersection(args.map((a) => whenFalse(a, scope, context)));
      return args[0] ? whenTrue(args[0], scope, context) : NOTHING;
    }
    case "NULLTEST":
      if (asNumber(expr.nulltesttype) !== 0 || expr.argisrow === true) return NOTHING;
      return whenNotNull(asNode(expr.arg)!, scope, context);
    case "BOOLEANTEST":
      return asNumber(expr.booltesttype) === 4 ? whenNotNull(asNode(expr.arg)!, scope, context) : NOTHING;
    case "DISTINCTEXPR": {
      // a is not distinct from b, and b is not NULL: then a is not.
      const [a, b] = asNodes(expr.args);
      if (!a || !b) return NOTHING;
      return union([
        context.nullable(b, scope) ? NOTHING : whenNotNull(a, scope, context),
        context.nullable(a, scope) ? NOTHING : whenNotNull(b, scope, context),
      ]);
    }
    default:
      return whenNotNull(expr, scope, context);
  }
}

/** The variables that are not NULL where the expression's value is not. */
export function whenNotNull(expr: Node, scope: Scope, context: PredicateContext, asRow = false): Facts {
  switch (expr.node) {
    case "VAR":
      return asNumber(expr.varlevelsup) === 0 ? new Set([variableKey(expr)]) : NOTHING;
    case "PARAM":
      return asNumber(expr.paramkind) === 0 ? new Set([`p${expr.paramid}`]) : NOTHING;
    case "ROWEXPR":
      // `(a, b) is not null` asks it of each; the row value itself never is.
      return asRow ? union(asNodes(expr.args).map((a) => whenNotNull(a, scope, context))) : NOTHING;
    case "RELABELTYPE":
    case "COERCEVIAIO":
    case "ARRAYCOERCEEXPR":
    case "COLLATEEXPR":
    case "COERCETODOMAIN":
    case "NAMEDARGEXPR": {
      const arg = asNode(expr.arg);
      return arg ? whenNotNull(arg, scope, context) : NOTHING;
    }
    case "FUNCEXPR":
    case "OPEXPR": {
      const fn = context.catalog.function(asNumber(expr.node === "OPEXPR" ? expr.opfuncid : expr.funcid));
      if (!fn?.strict || fn.returnsSet) return NOTHING;
      const element = fn.schema === "pg_catalog" ? ELEMENT_ARGUMENT[fn.name] : undefined;
      return union(
        asNodes(expr.args)
          .filter((_, i) => i !== element)
          .map((a) => whenNotNull(a, scope, context)),
      );
    }
    case "SCALARARRAYOPEXPR": {
      const fn = context.catalog.function(asNumber(expr.opfuncid));
      const [scalar, array] = asNodes(expr.args);
      if (!fn?.strict || !scalar || !array) return NOTHING;
      const facts = [whenNotNull(array, scope, context)];
      // With an empty array the answer does not depend on the scalar.
      if (hasElements(expr)) facts.push(whenNotNull(scalar, scope, context));
      return union(facts);
    }
    case "BOOLEXPR":
      return expr.boolop === "not" ? whenNotNull(asNodes(expr.args)[0]!, scope, context) : NOTHING;
    case "MINMAXEXPR":
    case "COALESCEEXPR":
      return intersection(asNodes(expr.args).map((a) => whenNotNull(a, scope, context)));
    default:
      return NOTHING;
  }
}

/**
 * Since PostgreSQL 17 the planner makes `x <@ 'empty'` false and `x <@ '(,)'` true without a look at x, so that these
 * functions, strict by their catalog entry, have answers for a NULL element.
 */
const ELEMENT_ARGUMENT: Readonly<Record<string, number>> = {
  range_contains_elem: 1,
  elem_contained_by_range: 0,
};

function hasElements(expr: Node): boolean {
  const array = asNodes(expr.args)[1];
  // The items of a matrix may be empty arrays, all of them.
  return array?.node === "ARRAYEXPR" && array.multidims !== true && asNodes(array.elements).length > 0;
}

/** `x in (select …)` that is true has met an equal, so x is not NULL. */
function anySublink(expr: Node, scope: Scope, context: PredicateContext): Facts {
  const test = asNode(expr.testexpr);
  if (asNumber(expr.subLinkType) !== 2 || !test) return NOTHING;
  return whenTrue(test, scope, context);
}

function union(sets: readonly Facts[]): Facts {
  const all = new Set<string>();
  for (const set of sets) addAll(all, set);
  return all;
}

function intersection(sets: readonly Facts[]): Facts {
  const [first, ...rest] = sets;
  return first ? new Set([...first].filter((key) => rest.every((set) => set.has(key)))) : NOTHING;
}

function addAll(target: Set<string>, facts: Facts): void {
  for (const key of facts) target.add(key);
}

/**
 * The variables that are not NULL where a CHECK constraint's expression is not false: NULL passes a CHECK,
 * so that only tests which are never NULL themselves prove anything.
 */
export function whenNotFalse(expr: Node): ReadonlySet<number> {
  if (expr.node === "BOOLEXPR" && expr.boolop === "and") {
    return new Set(asNodes(expr.args).flatMap((arg) => [...whenNotFalse(arg)]));
  }
  if (expr.node === "NULLTEST" && asNumber(expr.nulltesttype) === 1 && expr.argisrow !== true) {
    const arg = asNode(expr.arg);
    return arg?.node === "VAR" ? new Set([asNumber(arg.varattno)]) : new Set();
  }
  return new Set();
}
