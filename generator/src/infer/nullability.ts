import type { Oid } from "../model/catalog.ts";
import { type CatalogReader, FIRST_NORMAL_OID } from "../postgres/catalog-reader.ts";
import { asList, asNode, asNodes, asNumber, type Node, type Value } from "../postgres/node-tree.ts";
import { aggregateIsNullable, windowIsNullable } from "./aggregates.ts";
import { setFunctionColumn } from "./columns.ts";
import { elementsAreNullable } from "./elements.ts";
import { toArgument } from "./expression-type.ts";
import { narrowed, type PredicateContext, proveFromPredicates } from "./predicates.ts";
import { isNotNullDomain, RelationColumns } from "./relations.ts";
import { openScope, outputEntries, rteOf, type Scope } from "./scope.ts";
import { sublinkIsNullable } from "./sublinks.ts";
import { firstArgumentDecides, isNeverNull, isTotal } from "./total-functions.ts";
import { coversFullJoin, variableIsNullable } from "./variables.ts";

/**
 * Decides from the analysed tree whether an expression can be NULL. Everything that is not proven is nullable:
 * an unknown node, a user's function, a column of an outer join's null side.
 */
export class Nullability {
  readonly catalog: CatalogReader;
  readonly #paramNullable: (number: number) => boolean;
  readonly #predicates: PredicateContext;
  readonly #relations = new RelationColumns(this, (query) =>
    new Nullability(this.catalog).query(query, null),
  );

  constructor(catalog: CatalogReader, paramNullable: (number: number) => boolean = () => true) {
    this.catalog = catalog;
    this.#predicates = { catalog, nullable: (expr, at) => this.expression(expr, at) };
    this.#paramNullable = paramNullable;
  }

  /** A level of the tree with everything that its predicates prove. */
  enter(query: Node, parent: Scope | null, recursion?: Scope["recursion"]): Scope {
    const scope = openScope(query, parent, recursion);
    proveFromPredicates(scope, this.#predicates);
    return scope;
  }

  /** The level for the rows that a condition lets pass. */
  where(condition: Node | null, scope: Scope): Scope {
    return condition ? narrowed(scope, condition, true, this.#predicates) : scope;
  }

  /** The results that a CASE can have, each with the level as it is where that one is reached; null for no ELSE. */
  results(expr: Node, scope: Scope): { readonly expr: Node | null; readonly scope: Scope }[] {
    const results: { expr: Node | null; scope: Scope }[] = [];
    let rest = scope;
    for (const when of asNodes(expr.args)) {
      const condition = asNode(when.expr)!;
      results.push({ expr: asNode(when.result), scope: this.where(condition, rest) });
      // A condition that is NULL goes on to the next WHEN too.
      if (!this.expression(condition, rest)) rest = narrowed(rest, condition, false, this.#predicates);
    }
    return [...results, { expr: asNode(expr.defresult), scope: rest }];
  }

  /** Nullability of the columns that a query delivers. */
  query(query: Node, parent: Scope | null, recursion?: Scope["recursion"]): boolean[] {
    const scope = this.enter(query, parent, recursion);
    const setOperations = asNode(query.setOperations);
    if (setOperations) return this.#setOperation(setOperations, scope);
    return outputEntries(query).map((entry) => this.output(asNode(entry.expr)!, scope));
  }

  /** An output expression; set-returning functions of uneven length are padded with NULLs. */
  output(expr: Node, scope: Scope): boolean {
    if (expr.node === "FUNCEXPR" && expr.funcretset === true) {
      // Those of ORDER BY, GROUP BY and DISTINCT ON count too, shown or not.
      if (asNodes(scope.query.targetList).filter((e) => containsSet(e.expr)).length > 1) return true;
      return setFunctionColumn(expr, 0, scope, this);
    }
    return this.expression(expr, scope);
  }

  #setOperation(node: Node, scope: Scope): boolean[] {
    if (node.node === "RANGETBLREF")
      return this.query(asNode(rteOf(scope, asNumber(node.rtindex))!.subquery)!, scope);
    const left = this.#setOperation(asNode(node.larg)!, scope);
    const right = this.#setOperation(asNode(node.rarg)!, scope);
    // UNION 1, INTERSECT 2, EXCEPT 3
    const op = asNumber(node.op);
    if (op === 1) return left.map((l, i) => l || right[i] !== false);
    return op === 2 ? left.map((l, i) => l && right[i] !== false) : left;
  }

  expression(expr: Node, scope: Scope): boolean {
    switch (expr.node) {
      case "VAR":
        return variableIsNullable(expr, scope, this);
      case "CONST":
        return expr.constisnull === true;
      case "PARAM":
        return (
          asNumber(expr.paramkind) !== 0 ||
          (this.#paramNullable(asNumber(expr.paramid)) && !scope.proven.has(`p${expr.paramid}`))
        );
      case "FUNCEXPR":
        return this.#function(expr, asNumber(expr.funcid), scope);
      case "OPEXPR":
        return this.#function(expr, asNumber(expr.opfuncid), scope);
      case "SCALARARRAYOPEXPR":
        return this.#arrayComparison(expr, scope);
      case "BOOLEXPR":
      case "ROWCOMPAREEXPR":
        return expr.node === "ROWCOMPAREEXPR"
          ? this.#any(expr.largs, scope) || this.#any(expr.rargs, scope)
          : this.#any(expr.args, scope);
      case "AGGREF":
        return aggregateIsNullable(expr, scope, this);
      case "WINDOWFUNC":
        return windowIsNullable(expr, scope, this);
      case "SUBLINK":
        return sublinkIsNullable(expr, scope, this);
      case "COALESCEEXPR":
      case "MINMAXEXPR":
        return (
          asNodes(expr.args).every((arg) => this.expression(arg, scope)) &&
          !coversFullJoin(asNodes(expr.args), scope, this)
        );
      case "CASEEXPR":
        return this.results(expr, scope).some((r) => !r.expr || this.expression(r.expr, r.scope));
      case "RELABELTYPE":
      case "COERCEVIAIO":
      case "ARRAYCOERCEEXPR":
      case "CONVERTROWTYPEEXPR":
      case "COLLATEEXPR":
      case "NAMEDARGEXPR":
      case "JSONISPREDICATE":
        return this.#one(expr.arg ?? expr.expr, scope);
      case "COERCETODOMAIN":
        return !isNotNullDomain(asNumber(expr.resulttype), this.catalog) && this.#one(expr.arg, scope);
      case "JSONVALUEEXPR":
        return this.#one(expr.formatted_expr ?? expr.raw_expr, scope);
      case "JSONCONSTRUCTOREXPR":
        return this.#jsonConstructor(expr, scope);
      case "SUBSCRIPTINGREF":
        return this.#subscript(expr, scope);
      case "SQLVALUEFUNCTION":
        // SVFOP_CURRENT_SCHEMA: there may be none in the search path.
        return asNumber(expr.op) === 14;
      case "XMLEXPR":
        // IS_XMLELEMENT
        return asNumber(expr.op) !== 1;
      case "DISTINCTEXPR":
        // It asks an operator `=`, which of a project's own may answer NULL.
        return asNumber(expr.opfuncid) >= FIRST_NORMAL_OID;
      case "NULLTEST":
      case "BOOLEANTEST":
      case "ARRAYEXPR":
      case "ROWEXPR":
      case "GROUPINGFUNC":
      case "MERGESUPPORTFUNC":
      case "NEXTVALUEEXPR":
      case "CURRENTOFEXPR":
        return false;
      default:
        return true;
    }
  }

  #one(value: Node[string] | undefined, scope: Scope): boolean {
    const node = asNode(value);
    return node ? this.expression(node, scope) : true;
  }

  #any(list: Node[string] | undefined, scope: Scope): boolean {
    return asNodes(list).some((arg) => this.expression(arg, scope));
  }

  /** Whether a scan of the relation can deliver NULL in the column. */
  relationColumn(oid: Oid, attno: number): boolean {
    return this.#relations.isNullable(oid, attno);
  }

  #function(expr: Node, oid: Oid, scope: Scope): boolean {
    const fn = this.catalog.function(oid);
    if (!fn || fn.returnsSet) return true;
    const args = asNodes(expr.args);
    const anyArgument = () => args.some((arg) => this.expression(arg, scope));
    // `variadic null` is no argument list at all.
    if (isNeverNull(fn)) return expr.funcvariadic === true && anyArgument();
    const [first] = args;
    if (firstArgumentDecides(fn) && expr.funcvariadic !== true)
      return first ? this.expression(first, scope) : true;
    return !isTotal(fn, args.map(toArgument)) || anyArgument();
  }

  #arrayComparison(expr: Node, scope: Scope): boolean {
    const fn = this.catalog.function(asNumber(expr.opfuncid));
    const [scalar, array] = asNodes(expr.args);
    if (!fn || !scalar || !array || !isTotal(fn, [toArgument(scalar), toArgument(scalar)])) return true;
    return (
      this.expression(scalar, scope) ||
      this.expression(array, scope) ||
      elementsAreNullable(array, scope, this)
    );
  }

  #subscript(expr: Node, scope: Scope): boolean {
    // A single element may lie outside of the array; a slice outside of it is an empty array.
    if (asList(expr.reflowerindexpr).length === 0 && asNode(expr.refassgnexpr) === null) return true;
    if (asNode(expr.refassgnexpr)) return false;
    return (
      this.#one(expr.refexpr, scope) ||
      [...asList(expr.refupperindexpr), ...asList(expr.reflowerindexpr)].some(
        (e) => e !== null && this.#one(e, scope),
      )
    );
  }

  #jsonConstructor(expr: Node, scope: Scope): boolean {
    // JSCTOR_JSON_OBJECT 1, ARRAY 2, OBJECTAGG 3, ARRAYAGG 4, PARSE 5, SCALAR 6, SERIALIZE 7
    const type = asNumber(expr.type);
    if (type === 1 || type === 2) return false;
    const func = asNode(expr.func);
    if (func) return this.expression(func, scope);
    return this.#any(expr.args, scope);
  }
}

/** Whether a set-returning function stands anywhere in the expression; those of a subquery are its own. */
function containsSet(value: Value | undefined): boolean {
  if (Array.isArray(value)) return (value as Value[]).some(containsSet);
  const node = asNode(value);
  if (!node || node.node === "QUERY") return false;
  if (node.funcretset === true || node.opretset === true) return true;
  return Object.values(node).some(containsSet);
}
