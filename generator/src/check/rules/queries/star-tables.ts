import type { ColumnRef, CommonTableExpr, RangeVar, SelectStmt } from "libpg-query";
import { namesOf, nodeOf, nodesOf, type RawNode, rangeName, walkRaw } from "../../../postgres/raw-tree.ts";

/** Says which tables decide what the stars of a statement stand for: those of a subquery or a WITH query may be named by the statement itself. */
export class StarTables {
  readonly #ctes = new Map<string, CommonTableExpr>();
  /** WITH queries that are looked at just now: a recursive one reads itself. */
  readonly #open = new Set<string>();

  constructor(statement: object) {
    walkRaw(statement, (kind, node) => {
      if (kind === "CommonTableExpr" && node.ctename) this.#ctes.set(node.ctename, node);
    });
  }

  /** Gives what each column of the list is: the tables of a star in their order, null for what is written out. */
  listOf({ targetList, fromClause }: SelectStmt): (readonly string[] | null)[] {
    return nodesOf(targetList, "ResTarget").map((target) => {
      const star = starIn(target.val);
      return star === undefined ? null : this.#behind(fromClause, namesOf(star.fields).at(-1));
    });
  }

  /** Tells whether a table decides what stands in the list. */
  isLoose(select: SelectStmt): boolean {
    return this.listOf(select).some((tables) => tables !== null && tables.length > 0);
  }

  /** @param name of the one that is meant; all where it is not given */
  #behind(from: readonly RawNode[] | undefined, name: string | undefined): string[] {
    return (from ?? []).flatMap((item) => {
      const join = nodeOf(item, "JoinExpr");
      if (join !== undefined)
        return this.#behind(
          [join.larg, join.rarg].filter((side) => side !== undefined),
          name,
        );
      const table = nodeOf(item, "RangeVar");
      const subquery = nodeOf(item, "RangeSubselect");
      const own = (table ?? subquery)?.alias?.aliasname ?? table?.relname;
      if (name !== undefined && own !== name) return [];
      if (table !== undefined) return this.#ofTable(table);
      return this.#ofQuery(subquery?.subquery);
    });
  }

  #ofTable(table: RangeVar): string[] {
    const name = table.relname ?? "";
    const cte = table.schemaname ? undefined : this.#ctes.get(name);
    if (cte === undefined) return [rangeName(table)];
    if (this.#open.has(name)) return [];
    this.#open.add(name);
    try {
      return this.#ofQuery(cte.ctequery);
    } finally {
      this.#open.delete(name);
    }
  }

  #ofQuery(query: RawNode | undefined): string[] {
    const select = nodeOf(query, "SelectStmt");
    if (select !== undefined)
      return [...new Set(partsOf(select).flatMap((part) => this.listOf(part).flatMap((one) => one ?? [])))];
    const writes =
      nodeOf(query, "InsertStmt") ??
      nodeOf(query, "UpdateStmt") ??
      nodeOf(query, "DeleteStmt") ??
      nodeOf(query, "MergeStmt");
    const returned = nodesOf(writes?.returningClause?.exprs, "ResTarget");
    const isStar = returned.some(({ val }) => starIn(val) !== undefined);
    return isStar ? [rangeName(writes?.relation)] : [];
  }
}

/** The selects that a UNION, EXCEPT or INTERSECT is made of, however deep; the select itself where it is none. */
export function partsOf(select: SelectStmt): SelectStmt[] {
  if (!select.op || select.op === "SETOP_NONE") return [select];
  return [select.larg, select.rarg].flatMap((side) => (side === undefined ? [] : partsOf(side)));
}

/** The star of an item of the list: `*`, `t.*`. */
export function starIn(value: RawNode | undefined): ColumnRef | undefined {
  const column = nodeOf(value, "ColumnRef");
  return column?.fields?.some((field) => nodeOf(field, "A_Star")) ? column : undefined;
}
