import type { Oid } from "../model/catalog.ts";
import { holdsTime } from "../model/times.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type {
  AnyNode,
  Expression,
  Query,
  RangeTblEntry,
  SetOperand,
  TargetEntry,
  Var,
} from "../postgres/tree/node-types.ts";
import { childrenOf, everyNode } from "../postgres/tree/walk.ts";
import { quoteLiteral } from "../sql/quoting.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { typeOf } from "./expression-type.ts";
import {
  isOfTheMoment,
  isOrderBlind,
  isSteady,
  readsZonedPath,
  takesTodaysOffset,
} from "./moving-functions.ts";
import { calledBy } from "./operators.ts";
import { findCte, type JoinSides, openScope, outputEntries, rteOf, type Scope, scopeOf } from "./scope.ts";
import {
  isReadAsTime,
  isReadAsZonedTime,
  isRecordReader,
  movesByDay,
  ZONES_TIMES,
} from "./times-of-texts.ts";

/** What makes a value another one when the statement is sent again, of the same row and for the same arguments. */
export interface Mover {
  /**
   * - `volatile`: a function that may give anything, or is not known to give the same
   * - `moment`: it asks for the time, the transaction or the connection
   * - `neighbours`: it is computed from the rows before it, of which others come and go
   * - `order`: it depends on which rows come first, of which nothing is said
   * - `words`: a text is read as a date or time, and may say `today`
   * - `offset`: a time of day gets the offset that the session's zone has today
   */
  readonly code: "volatile" | "moment" | "neighbours" | "order" | "words" | "offset";
  /** As it is written: `random()`. */
  readonly subject: string;
  /** A function of the user's, which may be said to be better than it is declared. */
  readonly isOwn: boolean;
}

/** What the values of a column are made of, beside the data. */
export interface Made {
  /** Null where they stay as the data do. */
  readonly mover: Mover | null;
  /** Numbers of parameters. */
  readonly params: readonly number[];
}

/**
 * Says of each output of a statement what its values are made of: through subqueries, views, and functions written in SQL.
 * @param literalsAt gives the literals of the statement's own text that may stand at a location, each as what it says
 */
export function madeOf(
  query: Query,
  analysis: TreeAnalysis,
  literalsAt: (location: number) => readonly string[],
): Made[] {
  const scope = openScope(query, null);
  return outputEntries(query).map(({ expr }) => {
    const search = new Search(analysis, literalsAt);
    const mover = search.expression(expr, scope);
    return { mover, params: [...search.params].sort((a, b) => a - b) };
  });
}

/** What differs between the rows of a level, or between its groups. */
const OF_A_ROW: ReadonlySet<AnyNode["kind"]> = new Set(["Var", "Aggref", "WindowFunc", "GroupingFunc"]);

type Found = Mover | null;

/** Tells whether the columns of an entry of FROM are read from texts, or JSON. */
function readsTexts(rte: RangeTblEntry, catalog: CatalogReader): boolean {
  return (
    rte.rtekind === "RTE_TABLEFUNC" ||
    (rte.rtekind === "RTE_FUNCTION" &&
      rte.functions.some(({ funcexpr }) => isRecordReader(funcexpr, catalog)))
  );
}

/** The types of what a call is given, undefined for one of which the tree does not say it. */
function argumentTypes(node: AnyNode): readonly (Oid | undefined)[] {
  switch (node.kind) {
    case "FuncExpr":
    case "OpExpr":
      return node.args.map(typeOf);
    default:
      return [];
  }
}

const mover = (code: Mover["code"], subject: string, isOwn = false): Mover => ({ code, subject, isOwn });
const READ_AS_TIME = mover("words", "a text that is read as a date or time");
const READ_AS_ZONED_TIME = mover("offset", "a text that is read as a time of day");

class Search {
  readonly params = new Set<number>();
  readonly #analysis: TreeAnalysis;
  readonly #literalsAt: (location: number) => readonly string[];
  readonly #seen = new Set<AnyNode>();
  readonly #rows = new Set<AnyNode>();
  /** How deep in views and the bodies of functions, whose parameters and places are others. */
  #inside = 0;
  /** How deep in the latter. */
  #bodies = 0;

  constructor(analysis: TreeAnalysis, literalsAt: (location: number) => readonly string[]) {
    this.#analysis = analysis;
    this.#literalsAt = literalsAt;
  }

  /** Goes through all: what it finds besides is `params`. */
  expression(node: AnyNode, scope: Scope): Found {
    if (this.#seen.has(node)) return null;
    this.#seen.add(node);
    switch (node.kind) {
      case "Var":
        return this.#variable(node, scope);
      case "Param":
        // Of another kind are the columns that a subquery gives to compare with.
        if (node.paramkind === "PARAM_EXTERN" && this.#inside === 0) this.params.add(node.paramid);
        return null;
      case "Const":
        return this.#constant(node);
      case "SQLValueFunction":
        return /ROLE|USER|CATALOG|SCHEMA/.test(node.op)
          ? null
          : mover("moment", node.op.replace("SVFOP_", "").replace(/_N$/, "").toLowerCase());
      case "NextValueExpr":
        return mover("volatile", "nextval()");
      case "SubLink":
        return this.#first([
          () => (node.testexpr ? this.expression(node.testexpr, scope) : null),
          () => this.#subquery(node.subselect, scope, node.subLinkType),
        ]);
      case "Aggref":
        return this.#first([() => this.#aggregate(node, scope), () => this.#children(node, scope)]);
      case "WindowFunc":
        return this.#first([() => this.#window(node, scope), () => this.#children(node, scope)]);
      case "Query":
        return this.#subquery(node, scope, "EXPR_SUBLINK");
      default:
        return this.#first([
          () => (isReadAsTime(node, this.#analysis.catalog) ? READ_AS_TIME : null),
          () => (isReadAsZonedTime(node, this.#analysis.catalog) ? READ_AS_ZONED_TIME : null),
          () => this.#path(node),
          () => this.#call(node, scope),
        ]);
    }
  }

  #call(node: AnyNode, scope: Scope): Found {
    const oid = calledBy(node);
    return this.#first([
      () => (oid === 0 ? null : this.#called(oid, node)),
      () => this.#children(node, scope),
    ]);
  }

  /** All are looked at, for the parameters. */
  #first(looks: Iterable<() => Found>): Found {
    let found: Found = null;
    for (const look of looks) {
      const one = look();
      found ??= one;
    }
    return found;
  }

  #children(node: AnyNode, scope: Scope): Found {
    return this.#first([...childrenOf(node)].map((child) => () => this.expression(child, scope)));
  }

  #constant(node: Extract<AnyNode, { kind: "Const" }>): Found {
    const { catalog } = this.#analysis;
    if (!holdsTime(node.consttype, (oid) => catalog.type(oid))) return null;
    // The text of a function's body is read anew by each session, and 'today' with it.
    if (this.#bodies > 0) return mover("moment", "a date or time");
    if (this.#inside > 0) return null;
    return this.#first(
      this.#literalsAt(node.location).map((literal) => () => {
        const code = movesByDay(literal, node.consttype, catalog);
        return code && mover(code, quoteLiteral(literal));
      }),
    );
  }

  /** Looks for times of day that a path of JSON gives an offset; what a view's path says is not known. */
  #path(node: AnyNode): Found {
    let path: Expression | undefined;
    if (node.kind === "JsonExpr") path = node.path_spec;
    else if (node.kind === "FuncExpr") {
      const fn = this.#analysis.catalog.function(node.funcid);
      if (fn && readsZonedPath(fn)) path = node.args[1];
    }
    if (path === undefined) return null;
    const constant = path.kind === "Const" && this.#inside === 0 ? path : null;
    const literals = constant ? this.#literalsAt(constant.location) : [];
    const zones = literals.some((one) => ZONES_TIMES.test(one));
    return zones || (constant === null && node.kind === "FuncExpr")
      ? mover("offset", "a path that gives a time of day an offset")
      : null;
  }

  #called(oid: Oid, node: AnyNode): Found {
    const fn = this.#analysis.catalog.function(oid);
    if (!fn) return mover("volatile", "a function that is not known");
    const types = argumentTypes(node);
    if (isOfTheMoment(fn, types)) return mover("moment", `${fn.name}()`);
    if (takesTodaysOffset(fn, types)) return mover("offset", `${fn.name}()`);
    if (fn.volatility === "i") return null;
    if (fn.builtIn) return fn.volatility === "s" ? null : mover("volatile", `${fn.name}()`);
    return this.#own(fn);
  }

  /** Looks at what is declared of a function of the user's, or what it does. */
  #own(fn: RawFunction): Found {
    const unknown = mover("volatile", `${fn.name}()`, true);
    if (isSteady(fn)) return null;
    const bodies = fn.bodyLanguage === "sql" ? this.#analysis.catalog.body(fn.oid) : null;
    if (!bodies) return unknown;
    // What stands in front of the last statement may change what that reads.
    const reads = everyNode(bodies).some(
      (node) => node.kind === "RangeTblEntry" && node.rtekind === "RTE_RELATION",
    );
    if (fn.volatility === "v" && reads) return unknown;
    this.#inside++;
    this.#bodies++;
    const found = this.#first(bodies.map((body) => () => this.#subquery(body, null, "EXPR_SUBLINK")));
    this.#inside--;
    this.#bodies--;
    return found && mover("volatile", `${fn.name}()`, true);
  }

  #aggregate(node: Extract<AnyNode, { kind: "Aggref" }>, scope: Scope): Found {
    const fn = this.#analysis.catalog.function(node.aggfnoid);
    const owner = scopeOf(scope, node.agglevelsup);
    const sorted = new Set(
      [...node.aggorder, ...node.aggdistinct].map(({ tleSortGroupRef }) => tleSortGroupRef),
    );
    const isSorted = node.args.every(
      ({ expr, ressortgroupref }) =>
        sorted.has(ressortgroupref) || expr.kind === "Const" || expr.kind === "Param",
    );
    const isSteady = fn !== undefined && (isSorted || isOrderBlind(fn, node.aggargtypes));
    return this.#first([
      () => (isSteady ? null : mover("order", `${fn?.name ?? "an aggregate"}()`)),
      () => (owner === null ? null : this.#rowsOf(owner)),
    ]);
  }

  #window(node: Extract<AnyNode, { kind: "WindowFunc" }>, scope: Scope): Found {
    const fn = this.#analysis.catalog.function(node.winfnoid);
    const clause = scope.query.windowClause.find(({ winref }) => winref === node.winref);
    const name = `${fn?.name ?? "a window function"}()`;
    if (!fn || !node.winagg || !clause || clause.orderClause.length > 0) return mover("neighbours", name);
    const keys = clause.partitionClause.map(({ tleSortGroupRef }) => tleSortGroupRef);
    return this.#first([
      () => (isOrderBlind(fn, node.args.map(typeOf)) ? null : mover("order", name)),
      () => this.#sorted(scope.query, scope, keys),
      () => this.#rowsOf(scope),
    ]);
  }

  /** The entries of a level's list that ORDER BY, GROUP BY or a window mean. */
  #sorted({ targetList }: Query, scope: Scope, refs: readonly number[]): Found {
    const entries = targetList.filter(({ ressortgroupref }) => refs.includes(ressortgroupref));
    return this.#first(
      entries.map(
        ({ expr }) =>
          () =>
            this.expression(expr, scope),
      ),
    );
  }

  #variable(node: Var, scope: Scope): Found {
    const { catalog } = this.#analysis;
    const owner = scopeOf(scope, node.varlevelsup);
    const rte = owner ? rteOf(owner, node.varno) : undefined;
    if (!owner || !rte) return null;
    return this.#first([
      () =>
        readsTexts(rte, catalog) && holdsTime(node.vartype, (oid) => catalog.type(oid)) ? READ_AS_TIME : null,
      () => this.#column(rte, node.varattno - 1, owner),
      ...node.varnullingrels.map((join) => () => this.#whereFound(owner.joins.get(join), owner)),
    ]);
  }

  /** @param column -1 for the whole row; below, what every table has */
  #column(rte: RangeTblEntry, column: number, owner: Scope): Found {
    const listed = (list: readonly (Expression | null)[]): Found => {
      const own = column < 0 ? list : [list[column]];
      return this.#first(own.map((expr) => () => (expr ? this.expression(expr, owner) : null)));
    };
    switch (rte.rtekind) {
      case "RTE_JOIN":
        return listed(rte.joinaliasvars);
      case "RTE_GROUP":
        return listed(rte.groupexprs);
      case "RTE_VALUES":
        return this.#first(rte.values_lists.map((row) => () => listed(row)));
      case "RTE_FUNCTION":
      case "RTE_TABLEFUNC":
        return this.#entry(rte, owner);
      case "RTE_SUBQUERY":
        return this.#output(rte.subquery, owner, column);
      case "RTE_CTE": {
        const found = findCte(owner, rte);
        return found && this.#output(found.cte.ctequery, found.scope, column);
      }
      case "RTE_RELATION": {
        const relation = this.#analysis.catalog.relation(rte.relid);
        return relation?.kind === "view" && relation.viewQuery
          ? this.#view(() => this.#output(relation.viewQuery!, null, column))
          : null;
      }
      default:
        return null;
    }
  }

  /** Looks into a view, whose text is none of the statement's. */
  #view(look: () => Found): Found {
    this.#inside++;
    const found = look();
    this.#inside--;
    return found;
  }

  /** @param column -1 for all */
  #output(query: Query, parent: Scope | null, column: number): Found {
    const scope = openScope(query, parent);
    if (query.setOperations) return this.#arms(query.setOperations, scope, column);
    const entries = outputEntries(query);
    const own = column < 0 ? entries : entries.slice(column, column + 1);
    return this.#first([
      ...own.map(
        ({ expr }) =>
          () =>
            this.expression(expr, scope),
      ),
      () => this.#chosen(query, parent, own),
    ]);
  }

  #arms(node: SetOperand, scope: Scope, column: number): Found {
    if (node.kind !== "RangeTblRef")
      return this.#first([node.larg, node.rarg].map((arm) => () => this.#arms(arm, scope, column)));
    const rte = rteOf(scope, node.rtindex);
    return rte?.rtekind === "RTE_SUBQUERY" ? this.#output(rte.subquery, scope, column) : null;
  }

  /** One row of several is taken by LIMIT 1 or DISTINCT ON: it must be certain which, to this column at least. */
  #chosen(query: Query, parent: Scope | null, outputs: readonly TargetEntry[]): Found {
    const isOne = query.limitCount !== null && this.#analysis.singleRow(query, parent).holds;
    if (!isOne && !query.hasDistinctOn) return null;
    const scope = openScope(query, parent);
    const sorted = query.sortClause.map(({ tleSortGroupRef }) => tleSortGroupRef);
    const isSorted = ({ expr, ressortgroupref }: TargetEntry): boolean =>
      sorted.includes(ressortgroupref) || !everyNode(expr).some(({ kind }) => OF_A_ROW.has(kind));
    const isCertain = outputs.every(isSorted) || this.#isTotal(query, parent);
    return this.#first([
      () => (isCertain ? null : mover("order", query.hasDistinctOn ? "DISTINCT ON" : "LIMIT")),
      () => this.#sorted(query, scope, sorted),
      () => this.#rowsOf(scope),
    ]);
  }

  /** Tells whether ORDER BY, with what is DISTINCT, says of any two rows which comes first. */
  #isTotal(query: Query, parent: Scope | null): boolean {
    const sorted = query.sortClause.map(({ tleSortGroupRef }) => tleSortGroupRef);
    const targetList = query.targetList.map((entry) => ({ ...entry, resjunk: false }));
    const given = targetList.flatMap(({ ressortgroupref }, i) =>
      sorted.includes(ressortgroupref) ? [i + 1] : [],
    );
    const all = { ...query, targetList, limitCount: null, distinctClause: [] };
    return this.#analysis.singleRow(all, parent, given).holds;
  }

  #subquery(query: Query, parent: Scope | null, type: string): Found {
    const scope = openScope(query, parent);
    const isAsked = type === "EXISTS_SUBLINK";
    const sorted = query.sortClause.map(({ tleSortGroupRef }) => tleSortGroupRef);
    const isArbitrary =
      type === "ARRAY_SUBLINK" &&
      outputEntries(query).some(({ ressortgroupref }) => !sorted.includes(ressortgroupref)) &&
      !this.#isTotal(query, parent);
    return this.#first([
      () => (isArbitrary ? mover("order", "array(select …)") : null),
      () => (isAsked ? null : this.#output(query, parent, -1)),
      () => this.#rowsOf(scope),
    ]);
  }

  /** Looks at all that decides which rows a level has. */
  #rowsOf(scope: Scope): Found {
    const { query } = scope;
    if (this.#rows.has(query)) return null;
    this.#rows.add(query);
    const grouped = [...query.groupClause, ...query.distinctClause].map(
      ({ tleSortGroupRef }) => tleSortGroupRef,
    );
    return this.#first([
      () => (query.jointree ? this.#conditions(query.jointree, scope) : null),
      () => (query.havingQual ? this.expression(query.havingQual, scope) : null),
      () => this.#sorted(query, scope, grouped),
      ...query.rtable.map((rte) => () => this.#entry(rte, scope)),
      ...[query.limitCount, query.limitOffset].map(
        (node) => () => (node ? this.expression(node, scope) : null),
      ),
    ]);
  }

  /** Looks at all that decides which rows an entry of FROM has. */
  #entry(rte: RangeTblEntry, scope: Scope): Found {
    switch (rte.rtekind) {
      case "RTE_SUBQUERY":
        return this.#rowsOf(openScope(rte.subquery, scope));
      case "RTE_CTE": {
        const found = findCte(scope, rte);
        return found && this.#rowsOf(openScope(found.cte.ctequery, found.scope));
      }
      case "RTE_FUNCTION":
        return this.#first(
          rte.functions.map(
            ({ funcexpr }) =>
              () =>
                this.#source(funcexpr, scope),
          ),
        );
      case "RTE_TABLEFUNC":
        return this.#first([...childrenOf(rte.tablefunc)].map((part) => () => this.#source(part, scope)));
      case "RTE_RELATION": {
        if (rte.tablesample && !rte.tablesample.repeatable) return mover("volatile", "TABLESAMPLE");
        const relation = this.#analysis.catalog.relation(rte.relid);
        const view = relation?.kind === "view" ? relation.viewQuery : null;
        return view ? this.#view(() => this.#rowsOf(openScope(view, null))) : null;
      }
      default:
        return null;
    }
  }

  /** Looks at what rows are made of, whose columns are each read as another type. */
  #source(node: AnyNode, scope: Scope): Found {
    const isRead = node.kind === "JsonExpr" || isRecordReader(node, this.#analysis.catalog);
    return isRead ? this.#call(node, scope) : this.expression(node, scope);
  }

  /** The conditions of WHERE and of joins. */
  #conditions(item: AnyNode, scope: Scope): Found {
    switch (item.kind) {
      case "FromExpr":
        return this.#first([
          () => (item.quals ? this.expression(item.quals, scope) : null),
          ...item.fromlist.map((child) => () => this.#conditions(child, scope)),
        ]);
      case "JoinExpr":
        return this.#first([
          () => (item.quals ? this.expression(item.quals, scope) : null),
          ...[item.larg, item.rarg].map((side) => () => this.#conditions(side, scope)),
        ]);
      default:
        return null;
    }
  }

  /** Looks at all that decides whether an outer join finds a row for another. */
  #whereFound(join: JoinSides | undefined, scope: Scope): Found {
    if (!join) return null;
    const { node, type, left, right } = join;
    const sides = [...(type === "JOIN_LEFT" ? [] : left), ...(type === "JOIN_RIGHT" ? [] : right)];
    return this.#first([
      () => this.#conditions(node, scope),
      ...sides.map((rt) => () => {
        const rte = rteOf(scope, rt);
        return rte ? this.#entry(rte, scope) : null;
      }),
    ]);
  }
}
