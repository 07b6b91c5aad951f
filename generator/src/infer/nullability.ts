import type { Oid } from "../model/catalog.ts";
import type { CatalogReader, RawRelation } from "../postgres/catalog-reader.ts";
import { asList, asName, asNode, asNodes, asNumber, type Node, type Value } from "../postgres/node-tree.ts";
import { aggregateIsNullable, windowIsNullable } from "./aggregates.ts";
import { elementsAreNullable } from "./elements.ts";
import { toArgument } from "./expression-type.ts";
import { proveFromPredicates, whenNotFalse } from "./predicates.ts";
import { deliversARow } from "./row-guarantee.ts";
import {
  COMMAND,
  findCte,
  JOIN,
  openScope,
  outputEntries,
  RTE,
  rteOf,
  type Scope,
  scopeOf,
  variableKey,
} from "./scope.ts";
import { firstArgumentDecides, isNeverNull, isTotal, setColumnNotNull } from "./total-functions.ts";

/** `SubLinkType` of primnodes.h. */
export const SUBLINK = {
  exists: 0,
  all: 1,
  any: 2,
  rowCompare: 3,
  expression: 4,
  multi: 5,
  array: 6,
} as const;

/**
 * Decides from the analysed tree whether an expression can be NULL. Everything that is not proven is nullable:
 * an unknown node, a user's function, a column of an outer join's null side.
 */
export class Nullability {
  readonly catalog: CatalogReader;
  readonly #paramNullable: (number: number) => boolean;
  readonly #views = new Map<Oid, readonly boolean[]>();
  readonly #relations = new Map<Oid, ReadonlyMap<number, boolean>>();

  constructor(catalog: CatalogReader, paramNullable: (number: number) => boolean = () => true) {
    this.catalog = catalog;
    this.#paramNullable = paramNullable;
  }

  /** A level of the tree with everything that its predicates prove. */
  enter(query: Node, parent: Scope | null, recursion?: Scope["recursion"]): Scope {
    const scope = openScope(query, parent, recursion);
    proveFromPredicates(scope, { catalog: this.catalog, nullable: (expr, at) => this.expression(expr, at) });
    return scope;
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
      return this.#setFunctionColumn(expr, 0, scope);
    }
    return this.expression(expr, scope);
  }

  #setOperation(node: Node, scope: Scope): boolean[] {
    if (node.node === "RANGETBLREF") return this.#subquery(rteOf(scope, asNumber(node.rtindex))!, scope);
    const left = this.#setOperation(asNode(node.larg)!, scope);
    const right = this.#setOperation(asNode(node.rarg)!, scope);
    // UNION 1, INTERSECT 2, EXCEPT 3
    const op = asNumber(node.op);
    if (op === 1) return left.map((l, i) => l || right[i] !== false);
    return op === 2 ? left.map((l, i) => l && right[i] !== false) : left;
  }

  #subquery(rte: Node, scope: Scope): boolean[] {
    // A subquery in FROM sees this level's variables only when LATERAL; its own parent is this level in any case.
    return this.query(asNode(rte.subquery)!, scope);
  }

  expression(expr: Node, scope: Scope): boolean {
    switch (expr.node) {
      case "VAR":
        return this.variable(expr, scope);
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
        return this.#sublink(expr, scope);
      case "COALESCEEXPR":
      case "MINMAXEXPR":
        return asNodes(expr.args).every((arg) => this.expression(arg, scope));
      case "CASEEXPR":
        return this.#case(expr, scope);
      case "RELABELTYPE":
      case "COERCEVIAIO":
      case "ARRAYCOERCEEXPR":
      case "CONVERTROWTYPEEXPR":
      case "COLLATEEXPR":
      case "NAMEDARGEXPR":
      case "JSONISPREDICATE":
        return this.#one(expr.arg ?? expr.expr, scope);
      case "COERCETODOMAIN":
        return !this.#isNotNullDomain(asNumber(expr.resulttype)) && this.#one(expr.arg, scope);
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
      case "NULLTEST":
      case "BOOLEANTEST":
      case "DISTINCTEXPR":
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

  #isNotNullDomain(oid: Oid): boolean {
    const type = this.catalog.type(oid);
    return type?.kind === "domain" && (type.notNull || this.#isNotNullDomain(type.base));
  }

  variable(variable: Node, from: Scope): boolean {
    const scope = scopeOf(from, asNumber(variable.varlevelsup));
    if (!scope) return true;
    const key = variableKey(variable);
    const varno = asNumber(variable.varno);
    const returning = this.#returning(variable, scope);
    if (returning !== null) return returning;
    if (this.#nulledByGrouping(scope)) return true;
    if (scope.proven.has(key)) return false;
    if (this.#nulledByJoin(variable, scope)) return true;
    return this.#column(scope, varno, asNumber(variable.varattno));
  }

  /** What a RETURNING list can see of rows that were changed after the predicates looked at them; null where nothing is special. */
  #returning(variable: Node, scope: Scope): boolean | null {
    const command = asNumber(scope.query.commandType);
    if (command === COMMAND.select) return null;
    const varno = asNumber(variable.varno);
    const attno = asNumber(variable.varattno);
    const version = asNumber(variable.varreturningtype);
    if (command === COMMAND.merge) {
      // WHEN NOT MATCHED BY SOURCE: rows of the target that have no source row.
      const unmatched = asNodes(scope.query.mergeActionList).some((a) => asNumber(a.matchKind) === 1);
      const isTarget = varno === asNumber(scope.query.resultRelation);
      if (!isTarget && unmatched) return true;
    }
    if (varno !== asNumber(scope.query.resultRelation)) return null;
    // OLD 1, NEW 2: the version of the row that a command does not have is all NULL.
    if (version === 1 && command !== COMMAND.update && command !== COMMAND.delete) return true;
    if (version === 2 && command !== COMMAND.update && command !== COMMAND.insert) return true;
    const relation = this.catalog.relation(asNumber(rteOf(scope, varno)?.relid));
    // A view's triggers and a rule's own RETURNING give whatever they like.
    if (relation?.kind === "view" || relation?.hasRules === true) return true;
    if (command === COMMAND.delete) return null;
    return attno <= 0 ? false : this.#column(scope, varno, attno);
  }

  /** Whether an outer join (or a grouping set) can make this occurrence NULL, whatever the column says. */
  #nulledByJoin(variable: Node, scope: Scope): boolean {
    const varno = asNumber(variable.varno);
    for (const bit of asList(variable.varnullingrels)) {
      const rtindex = asNumber(bit as number);
      const join = scope.joins.get(rtindex);
      if (!join) return true;
      if (join.type === JOIN.full) {
        const side = join.left.has(varno) ? "l" : "r";
        if (!scope.present.has(`${rtindex}:${side}`)) return true;
      } else if (!scope.present.has(`${rtindex}:${join.type === JOIN.left ? "r" : "l"}`)) return true;
    }
    return false;
  }

  /** Before PostgreSQL 18 grouping sets leave no mark on the variables that they make NULL, proven before or not. */
  #nulledByGrouping(scope: Scope): boolean {
    return asNodes(scope.query.groupingSets).length > 0 && scope.query.hasGroupRTE !== true;
  }

  /** Whether an outer join can make this occurrence NULL although its column is not. */
  isNulled(variable: Node, scope: Scope): boolean {
    return (
      this.#nulledByGrouping(scope) ||
      (!scope.proven.has(variableKey(variable)) && this.#nulledByJoin(variable, scope))
    );
  }

  /** Whether the column can be NULL in a row that is there. */
  isNullableWherePresent(variable: Node, scope: Scope): boolean {
    return this.#column(scope, asNumber(variable.varno), asNumber(variable.varattno));
  }

  #column(scope: Scope, varno: number, attno: number): boolean {
    const rte = rteOf(scope, varno);
    if (!rte) return true;
    // System columns and the whole row.
    if (attno <= 0) return false;
    switch (asNumber(rte.rtekind)) {
      case RTE.relation:
        return this.relationColumn(asNumber(rte.relid), attno);
      case RTE.subquery:
        return this.#subquery(rte, scope)[attno - 1] !== false;
      case RTE.join: {
        const source = asNodes(rte.joinaliasvars)[attno - 1];
        return source ? this.expression(source, scope) : true;
      }
      case RTE.group: {
        const source = asNodes(rte.groupexprs)[attno - 1];
        return source ? this.expression(source, scope) : true;
      }
      case RTE.function:
        return this.#functionColumn(rte, attno, scope);
      case RTE.values:
        return asList(rte.values_lists).some((row) => {
          const cell = asNodes(row)[attno - 1];
          return cell ? this.expression(cell, scope) : true;
        });
      case RTE.cte:
        return this.#cteColumn(rte, attno, scope);
      default:
        return true;
    }
  }

  /** Whether a scan of the relation can deliver NULL in the column. */
  relationColumn(oid: Oid, attno: number): boolean {
    const relation = this.catalog.relation(oid);
    if (!relation) return true;
    let columns = this.#relations.get(oid);
    if (!columns) {
      columns = relation.viewQuery ? this.#viewColumns(relation) : this.#tableColumns(relation);
      this.#relations.set(oid, columns);
    }
    return columns.get(attno) !== false;
  }

  #viewColumns(relation: RawRelation): ReadonlyMap<number, boolean> {
    let list = this.#views.get(relation.oid);
    if (!list) {
      // A view cannot refer to itself, but a guard is cheaper than an endless loop.
      this.#views.set(relation.oid, []);
      list = new Nullability(this.catalog).query(relation.viewQuery!, null);
      this.#views.set(relation.oid, list);
    }
    return new Map(list.map((nullable, i) => [i + 1, nullable]));
  }

  #tableColumns(relation: RawRelation): ReadonlyMap<number, boolean> {
    const checked = new Set<number>();
    for (const check of relation.checks) for (const attno of whenNotFalse(check)) checked.add(attno);
    const columns = new Map<number, boolean>();
    for (const [attno, column] of relation.columns) {
      columns.set(attno, !(column.notNull || checked.has(attno) || this.#isNotNullDomain(column.type)));
    }
    const rowScope: Scope = {
      ...openScope(
        {
          node: "QUERY",
          commandType: COMMAND.select,
          rtable: [{ node: "RANGETBLENTRY", rtekind: RTE.relation, relid: relation.oid }],
        },
        null,
      ),
    };
    this.#relations.set(relation.oid, columns);
    for (const [attno, column] of relation.columns) {
      // A partition or child may compute it differently.
      if (column.generated && columns.get(attno) && !relation.hasChildren)
        columns.set(attno, this.expression(column.generated, rowScope));
    }
    return columns;
  }

  #cteColumn(rte: Node, attno: number, scope: Scope): boolean {
    const found = findCte(scope, rte);
    if (!found) return true;
    const name = asName(found.cte.ctename);
    const query = asNode(found.cte.ctequery)!;
    const assumed = scope.recursion.get(name);
    // The self-reference of a recursive CTE; an inner CTE of the same name is found before it.
    if (rte.self_reference === true) return assumed ? assumed[attno - 1] !== false : true;
    const columns =
      found.cte.cterecursive === true
        ? this.#recursive(name, query, found.scope)
        : this.query(query, found.scope);
    // SEARCH and CYCLE clauses add columns of their own behind the query's.
    if (attno <= columns.length) return columns[attno - 1] !== false;
    const cycle = asNode(found.cte.cycle_clause);
    return [cycle?.cycle_mark_value, cycle?.cycle_mark_default].some((v) => asNode(v)?.constisnull === true);
  }

  /** Least fixed point: nothing is nullable until some round shows that it is. */
  #recursive(name: string, query: Node, scope: Scope): boolean[] {
    let assumed: boolean[] = outputEntries(query).map(() => false);
    for (;;) {
      const next = this.query(query, scope, new Map([...scope.recursion, [name, assumed]])).map(
        (n, i) => n || assumed[i]!,
      );
      if (next.every((n, i) => n === assumed[i])) return next;
      assumed = next;
    }
  }

  #functionColumn(rte: Node, attno: number, scope: Scope): boolean {
    const functions = asNodes(rte.functions);
    const total = functions.reduce((n, f) => n + asNumber(f.funccolcount), 0);
    if (rte.funcordinality === true && attno === total + 1) return false;
    if (functions.length !== 1) return true;
    const expr = asNode(functions[0]!.funcexpr);
    if (!expr) return true;
    if (expr.node === "FUNCEXPR" && expr.funcretset === true)
      return this.#setFunctionColumn(expr, attno - 1, scope);
    return total === 1 ? this.expression(expr, scope) : true;
  }

  #setFunctionColumn(expr: Node, column: number, scope: Scope): boolean {
    const fn = this.catalog.function(asNumber(expr.funcid));
    if (!fn) return true;
    const args = asNodes(expr.args);
    if (fn.name === "unnest" && fn.schema === "pg_catalog" && args.length === 1)
      return elementsAreNullable(args[0]!, scope, this);
    // A NULL argument gives no rows at all to the strict ones.
    return !(setColumnNotNull(fn, column) && fn.strict);
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

  #case(expr: Node, scope: Scope): boolean {
    const otherwise = asNode(expr.defresult);
    if (!otherwise || this.expression(otherwise, scope)) return true;
    return asNodes(expr.args).some((when) => this.#one(when.result, scope));
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

  #sublink(expr: Node, scope: Scope): boolean {
    const query = asNode(expr.subselect);
    if (!query) return true;
    switch (asNumber(expr.subLinkType)) {
      case SUBLINK.exists:
      case SUBLINK.array:
        return false;
      case SUBLINK.expression:
        return !deliversARow(query) || this.query(query, scope)[0] !== false;
      case SUBLINK.any:
      case SUBLINK.all: {
        const test = asNode(expr.testexpr);
        const columns = this.query(query, scope);
        return !test || columns.some(Boolean) || this.#test(test, scope);
      }
      default:
        return true;
    }
  }

  /** The comparison of an ANY or ALL, its subquery's columns (as PARAM_SUBLINK) taken as not NULL. */
  #test(test: Node, scope: Scope): boolean {
    if (test.node === "BOOLEXPR") return asNodes(test.args).some((arg) => this.#test(arg, scope));
    if (test.node !== "OPEXPR") return true;
    const fn = this.catalog.function(asNumber(test.opfuncid));
    const args = asNodes(test.args);
    if (!fn || !isTotal(fn, args.map(toArgument))) return true;
    return args.some((arg) => !isSublinkParam(arg) && this.expression(arg, scope));
  }
}

function isSublinkParam(node: Node): boolean {
  if (node.node === "RELABELTYPE") return isSublinkParam(asNode(node.arg)!);
  return node.node === "PARAM" && asNumber(node.paramkind) === 2;
}

/** Whether a set-returning function stands anywhere in the expression; those of a subquery are its own. */
function containsSet(value: Value | undefined): boolean {
  if (Array.isArray(value)) return (value as Value[]).some(containsSet);
  const node = asNode(value);
  if (!node || node.node === "QUERY") return false;
  if (node.funcretset === true || node.opretset === true) return true;
  return Object.values(node).some(containsSet);
}
