import type { Reason } from "../model/reason.ts";
import type { RowFact } from "../model/row-count.ts";
import type {
  CommonTableExpr,
  CteEntry,
  Expression,
  FromExpr,
  JoinExpr,
  JoinType,
  Query,
  RangeTblEntry,
  RangeTblRef,
  TargetEntry,
  Var,
} from "../postgres/tree/node-types.ts";
import type { Value } from "./value.ts";

/** What stands in FROM, and the list itself. */
export type FromItem = FromExpr | JoinExpr | RangeTblRef;

/** One query level of an analysed tree, with what its predicates prove, and what has been worked out of it. */
export interface Scope {
  readonly query: Query;
  readonly parent: Scope | null;
  readonly rtable: readonly RangeTblEntry[];
  /** What cannot be NULL in a row that the level delivers, and what proves it: variables and parameters, by their keys. */
  readonly proven: Map<string, Reason>;
  /** Further expressions that cannot be, by `expressionKey`. */
  readonly provenExpressions: Map<string, Reason>;
  /** Sides of outer joins known to be present in every row delivered, and what proves it: `<rtindex>:l` or `<rtindex>:r`. */
  readonly present: Map<string, Reason>;
  /** Range-table indexes under each side of each join, by the join's index. */
  readonly joins: ReadonlyMap<number, JoinSides>;
  /** For a level inside a recursive CTE: what is assumed of the columns of the self-reference. */
  readonly recursion: ReadonlyMap<string, readonly Value[]>;
  /** Where a condition narrows the level (CASE, FILTER): the level as it is for all of its rows, which aggregates and windows see. */
  readonly everyRow: Scope | null;
  /** Whether it is the level as RETURNING sees it, after the command. */
  readonly isReturning: boolean;
  /** What has been found of this level's expressions, subqueries and columns. */
  readonly memo: Memo;
}

export interface Memo {
  readonly values: Map<Expression, Value>;
  readonly outputs: Map<Query, readonly Value[]>;
  /** Whether queries within give a row: a foreign key of a row of this level may see to it. */
  readonly certainRows: Map<Query, RowFact>;
  /** By `<varno>.<attno>`. */
  readonly columns: Map<string, Value>;
  readonly narrowed: Map<Expression, { whenTrue?: Scope; whenFalse?: Scope }>;
  /** The level with a side of a full join, `<rtindex>:l` or `<rtindex>:r`, taken as present. */
  readonly assumed: Map<string, Scope>;
  /** Rows that each group of the level has. */
  groupRows?: readonly GroupRow[];
  /** The level as RETURNING sees it. */
  returning?: Scope;
  /** Of a level as RETURNING sees it: the level before the command. */
  before?: Scope;
}

/** A row that each group has, since an aggregate has taken it in. */
export interface GroupRow {
  /** The condition that shows it. */
  readonly because: Reason;
  /** The FILTER that it has passed. */
  readonly filter: Expression | null;
  /** The level as that row sees it. */
  readonly scope: Scope;
}

export interface JoinSides {
  readonly type: JoinType;
  readonly node: JoinExpr;
  readonly left: ReadonlySet<number>;
  readonly right: ReadonlySet<number>;
}

const NO_RECURSION: ReadonlyMap<string, readonly Value[]> = new Map();

export function emptyMemo(): Memo {
  return {
    values: new Map(),
    outputs: new Map(),
    certainRows: new Map(),
    columns: new Map(),
    narrowed: new Map(),
    assumed: new Map(),
  };
}

export function forget(memo: Memo): void {
  const { values, outputs, certainRows, columns, narrowed, assumed } = memo;
  for (const found of [values, outputs, certainRows, columns, narrowed, assumed]) found.clear();
  delete memo.groupRows;
  delete memo.returning;
}

export function openScope(
  query: Query,
  parent: Scope | null,
  recursion: ReadonlyMap<string, readonly Value[]> = parent?.recursion ?? NO_RECURSION,
): Scope {
  const joins = new Map<number, JoinSides>();
  if (query.jointree) collectJoins(query.jointree, joins);
  return {
    query,
    parent,
    rtable: query.rtable,
    proven: new Map(),
    provenExpressions: new Map(),
    present: new Map(),
    joins,
    recursion,
    everyRow: null,
    isReturning: false,
    memo: emptyMemo(),
  };
}

/** Returns the range-table indexes under the item. */
function collectJoins(item: FromItem, joins: Map<number, JoinSides>): Set<number> {
  switch (item.kind) {
    case "RangeTblRef":
      return new Set([item.rtindex]);
    case "FromExpr": {
      const all = new Set<number>();
      for (const child of item.fromlist) for (const rt of collectJoins(child, joins)) all.add(rt);
      return all;
    }
    case "JoinExpr": {
      const left = collectJoins(item.larg, joins);
      const right = collectJoins(item.rarg, joins);
      joins.set(item.rtindex, { type: item.jointype, node: item, left, right });
      return new Set([...left, ...right, item.rtindex]);
    }
  }
}

/** The relations of FROM, by index. */
export function relationsUnder(item: FromItem): Set<number> {
  switch (item.kind) {
    case "RangeTblRef":
      return new Set([item.rtindex]);
    case "JoinExpr":
      return new Set([...relationsUnder(item.larg), ...relationsUnder(item.rarg)]);
    case "FromExpr":
      return new Set(item.fromlist.flatMap((child) => [...relationsUnder(child)]));
  }
}

export function rteOf(scope: Scope, varno: number): RangeTblEntry | undefined {
  return scope.rtable[varno - 1];
}

/** The scope that a variable belongs to. */
export function scopeOf(scope: Scope, levelsUp: number): Scope | null {
  let at: Scope | null = scope;
  for (let n = 0; n < levelsUp && at; n++) at = at.parent;
  return at;
}

/** Identifies a variable of its own level. OLD and NEW versions of a row are different variables. */
export function variableKey(
  variable: Pick<Var, "varno" | "varattno"> & Partial<Pick<Var, "varreturningtype">>,
): string {
  return `${variable.varno}.${variable.varattno}.${variable.varreturningtype ?? "VAR_RETURNING_DEFAULT"}`;
}

export function parameterKey(paramid: number): string {
  return `p${paramid}`;
}

export interface CteFound {
  readonly cte: CommonTableExpr;
  /** The level whose WITH clause has it. */
  readonly scope: Scope;
}

export function findCte(scope: Scope, rte: CteEntry): CteFound | null {
  const owner = scopeOf(scope, rte.ctelevelsup);
  const cte = owner?.query.cteList.find((c) => c.ctename === rte.ctename);
  return owner && cte ? { cte, scope: owner } : null;
}

/** The names of a range-table entry's columns; empty for a dropped one. */
export function columnNames(rte: RangeTblEntry): readonly string[] {
  return rte.eref.colnames;
}

export function aliasName(rte: RangeTblEntry): string {
  return rte.eref.aliasname;
}

/** The entries that the level delivers: RETURNING for a data-modifying one. */
export function outputEntries(query: Query): readonly TargetEntry[] {
  const list = query.commandType === "CMD_SELECT" ? query.targetList : query.returningList;
  return list.filter((entry) => !entry.resjunk);
}

/** The name of an entry of a target list; null where PostgreSQL had none to give. */
export function outputName(entry: TargetEntry): string | null {
  const name = entry.resname ?? "";
  return name === "" || name === "?column?" || entry.resjunk ? null : name;
}

export function addPresent(scope: Scope, side: string, because: Reason): void {
  if (!scope.present.has(side)) scope.present.set(side, because);
}
