import { isEquality, withoutRelabel } from "../../infer/operators.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import type {
  Expression,
  FromItem,
  Query,
  SortGroupClause,
  TargetEntry,
} from "../../postgres/tree/node-types.ts";
import { everyNode, ownNodes } from "../../postgres/tree/walk.ts";

/** A table as one level of a query reads or writes it. */
export interface Use {
  readonly relid: number;
  /** Its place in the range table of the level, and the level itself. */
  readonly rt: number;
  readonly query: Query;
  readonly isInserted: boolean;
  /** Whether the column of this number has the value of an argument in every row that is read or written. */
  readonly isFixed: (attno: number) => boolean;
}

/**
 * Gives each use of a table, with the columns that are compared with an argument where it is used: by itself, or by way of
 * columns of the same level, as the planner's equivalence classes have it. What is compared outside of a subquery says
 * nothing inside of it, as it does not for a planner that looks at the subquery alone; a view, which cannot have an
 * argument, gets what is said of its columns.
 */
export function usesOfTables(tree: Query, catalog: CatalogReader): Use[] {
  const uses: Use[] = [];
  visit(tree, NOTHING, false, catalog, uses);
  return uses;
}

const NOTHING: ReadonlySet<number> = new Set();

/** @param fixed the columns of its result that are compared with an argument outside of it. */
function visit(
  query: Query,
  fixed: ReadonlySet<number>,
  isView: boolean,
  catalog: CatalogReader,
  uses: Use[],
): void {
  const level = new Level(query, catalog);
  for (const entry of query.targetList)
    if (fixed.has(entry.resno) && mayBeLeftOut(query, entry)) level.fix(entry.expr);
  level.settle();
  for (const [i, rte] of query.rtable.entries()) {
    const rt = i + 1;
    if (rte.rtekind === "RTE_RELATION") {
      const isInserted = query.commandType === "CMD_INSERT" && query.resultRelation === rt;
      if (!isInserted && !isRead(query, rt)) continue;
      const relation = catalog.relation(rte.relid);
      if (relation?.viewQuery && relation.kind === "view")
        visit(relation.viewQuery, level.fixedColumns(rt), true, catalog, uses);
      else {
        const isFixed = isInserted
          ? (attno: number) => isGiven(query, attno, level, catalog)
          : (attno: number) => level.isFixed(rt, attno);
        uses.push({ relid: rte.relid, rt, query, isInserted, isFixed });
      }
    } else if (rte.rtekind === "RTE_SUBQUERY") {
      const isBranch = query.setOperations !== null && !isRead(query, rt);
      const said = isBranch ? fixed : isView ? level.fixedColumns(rt) : NOTHING;
      visit(rte.subquery, said, isView, catalog, uses);
    }
  }
  for (const { ctequery } of query.cteList)
    if (ctequery.kind === "Query") visit(ctequery, NOTHING, isView, catalog, uses);
  for (const node of ownNodes(partsOf(query)))
    if (node.kind === "SubLink") visit(node.subselect, NOTHING, isView, catalog, uses);
}

/** Tells whether rows with another value of this column can be left out before the rest is computed. */
function mayBeLeftOut(query: Query, { ressortgroupref }: TargetEntry): boolean {
  const isAmong = (clauses: readonly SortGroupClause[]): boolean =>
    clauses.some(({ tleSortGroupRef }) => tleSortGroupRef === ressortgroupref);
  return (
    !query.limitCount &&
    !query.limitOffset &&
    query.windowClause.every(({ partitionClause }) => isAmong(partitionClause)) &&
    (!query.hasDistinctOn || isAmong(query.distinctClause))
  );
}

/** Gives what may have subqueries in it that are no entries of the range table. */
function partsOf(query: Query): readonly unknown[] {
  return [
    query.jointree,
    query.targetList,
    query.returningList,
    query.havingQual,
    query.limitCount,
    query.limitOffset,
    query.onConflict,
    query.mergeActionList,
    query.mergeJoinCondition,
    query.rtable.filter((rte) => rte.rtekind === "RTE_FUNCTION" || rte.rtekind === "RTE_VALUES"),
  ];
}

/** In FROM, or the target; a view's own entry in its expansion is neither. */
export function isRead(query: Query, rt: number): boolean {
  return (
    query.resultRelation === rt ||
    query.mergeTargetRelation === rt ||
    ownNodes(query.jointree).some((node) => node.kind === "RangeTblRef" && node.rtindex === rt)
  );
}

/** Tells whether what is inserted into the column is an argument: in each row of VALUES, or in what the SELECT gives. */
function isGiven(query: Query, attno: number, level: Level, catalog: CatalogReader): boolean {
  const given = query.targetList.find(({ resno }) => resno === attno)?.expr;
  if (!given) return false;
  if (level.isArgument(given)) return true;
  const expr = withoutRelabel(given);
  if (expr.kind !== "Var") return false;
  const source = query.rtable[expr.varno - 1];
  if (source?.rtekind === "RTE_VALUES")
    return source.values_lists.every((row) => level.isArgument(row[expr.varattno - 1]!));
  if (source?.rtekind !== "RTE_SUBQUERY") return false;
  return isFixedOutput(source.subquery, expr.varattno, catalog);
}

function isFixedOutput(query: Query, resno: number, catalog: CatalogReader): boolean {
  const branches = query.rtable.flatMap((rte, i) =>
    query.setOperations && rte.rtekind === "RTE_SUBQUERY" && !isRead(query, i + 1) ? [rte.subquery] : [],
  );
  if (branches.length > 0) return branches.every((branch) => isFixedOutput(branch, resno, catalog));
  const level = new Level(query, catalog);
  level.settle();
  const given = query.targetList.find((entry) => entry.resno === resno)?.expr;
  return given !== undefined && level.isArgument(given);
}

/** The columns of one level of a query, in classes of those that are equal. */
class Level {
  readonly #fixed = new Set<string>();
  /** `[a, b]`: when a has the value of an argument, b has it too. */
  readonly #leads: [from: string | null, to: string][] = [];
  readonly #query: Query;

  constructor(query: Query, catalog: CatalogReader) {
    this.#query = query;
    const conditions = (quals: Expression | null | undefined, nullable: ReadonlySet<number> | null): void => {
      for (const part of conjuncts(quals)) {
        if (part.kind !== "OpExpr" || !isEquality(part, catalog) || part.args.length !== 2) continue;
        this.#lead(part.args[0]!, part.args[1]!, nullable);
        this.#lead(part.args[1]!, part.args[0]!, nullable);
      }
    };
    const from = (item: FromItem | null): void => {
      if (item?.kind !== "JoinExpr") return;
      from(item.larg);
      from(item.rarg);
      // ON says something of the side alone that a row of NULLs may stand for; of a full join nothing is compared but with a column.
      const left = item.jointype === "JOIN_LEFT" ? rangesIn(item.rarg) : null;
      const right = item.jointype === "JOIN_RIGHT" ? rangesIn(item.larg) : left;
      conditions(item.quals, right);
    };
    for (const item of query.jointree?.fromlist ?? []) from(item as FromItem);
    conditions(query.jointree?.quals, null);
    conditions(query.mergeJoinCondition, null);
  }

  /** @param only the ranges that the condition says something of; null for all. */
  #lead(from: Expression, to: Expression, only: ReadonlySet<number> | null): void {
    for (const column of this.#columns(to)) {
      if (only && !only.has(Number(column.split(".")[0]))) continue;
      if (isExternal(from)) this.#leads.push([null, column]);
      else for (const other of this.#columns(from)) this.#leads.push([other, column]);
    }
  }

  /** Takes what is said outside of this level for true. */
  fix(expr: Expression): void {
    for (const column of this.#columns(expr)) this.#fixed.add(column);
  }

  /** Follows what is equal until nothing more is found. */
  settle(): void {
    for (let isMore = true; isMore; ) {
      isMore = false;
      for (const [from, to] of this.#leads) {
        if (this.#fixed.has(to) || !(from === null || this.#fixed.has(from))) continue;
        this.#fixed.add(to);
        isMore = true;
      }
    }
  }

  isFixed(rt: number, attno: number): boolean {
    return this.#fixed.has(`${rt}.${attno}`);
  }

  fixedColumns(rt: number): Set<number> {
    const own = [...this.#fixed].map((column) => column.split("."));
    return new Set(own.flatMap(([range, attno]) => (Number(range) === rt ? [Number(attno)] : [])));
  }

  isArgument(expr: Expression): boolean {
    const columns = this.#columns(expr);
    return isExternal(expr) || (columns.length > 0 && columns.every((column) => this.#fixed.has(column)));
  }

  /** The columns of tables that the expression is; several for the column of a `full join … using`. */
  #columns(given: Expression): string[] {
    const expr = withoutRelabel(given);
    if (expr.kind === "CoalesceExpr") return expr.args.flatMap((arg) => this.#columns(arg));
    if (expr.kind !== "Var" || expr.varlevelsup !== 0) return [];
    const rte = this.#query.rtable[expr.varno - 1];
    if (rte?.rtekind === "RTE_GROUP") return this.#columns(rte.groupexprs[expr.varattno - 1]!);
    if (rte?.rtekind !== "RTE_JOIN") return [`${expr.varno}.${expr.varattno}`];
    const source = rte.joinaliasvars[expr.varattno - 1];
    return source ? this.#columns(source) : [];
  }
}

/** An argument of the statement, or a value written in it. */
function isExternal(given: Expression): boolean {
  const expr = withoutRelabel(given);
  return (
    (expr.kind === "Param" && expr.paramkind === "PARAM_EXTERN") ||
    (expr.kind === "Const" && !expr.constisnull)
  );
}

function conjuncts(expr: Expression | null | undefined): Expression[] {
  if (!expr) return [];
  if (expr.kind === "BoolExpr" && expr.boolop === "AND_EXPR")
    return expr.args.flatMap((arg) => conjuncts(arg));
  return [expr];
}

function rangesIn(item: FromItem): ReadonlySet<number> {
  return new Set(
    everyNode(item).flatMap((node) => {
      if (node.kind === "RangeTblRef") return [node.rtindex];
      return node.kind === "JoinExpr" ? [node.rtindex] : [];
    }),
  );
}
