import { nodesOf, type Raw, rangeName, walkRaw } from "../../raw-tree.ts";
import { type Finding, queryRule } from "../rule.ts";

export const ambiguousColumnOrder = queryRule({
  code: "ambiguous-column-order",
  severity: "warning",
  summary: "the meaning of a statement depends on the order of a table's columns",
  why: "`insert into t values (…)` and `select * … union select * …` pair columns by position. After the next `alter table … add column`, or in a database whose columns came in another order, the pairs are different ones; where the types still fit, nothing complains.",
  mend: "Name the columns: `insert into t (a, b) …`, `select a, b … union select a, b …`, `order by a`.",
  *check({ kind, raw }) {
    const found: Finding[] = [];
    walkRaw({ [kind]: raw }, (inner, node) => {
      if (inner === "InsertStmt") found.push(...insertByPosition(node));
      if (inner === "SelectStmt") found.push(...setByPosition(node), ...orderByPosition(node));
    });
    yield* found;
  },
});

function insertByPosition(node: Raw): Finding[] {
  const location = node.relation?.location as number | undefined;
  const source = node.selectStmt?.SelectStmt as Raw | undefined;
  if (!source) return [];
  if (!node.cols) {
    return [
      { message: `the values go into the columns of ${rangeName(node.relation)} by position`, location },
    ];
  }
  return hasStar(source) && !source.op?.startsWith("SETOP_U")
    ? [{ message: "`select *` fills the columns of an insert by position", location: starLocation(source) }]
    : [];
}

function setByPosition(node: Raw): Finding[] {
  if (!node.op || node.op === "SETOP_NONE") return [];
  const branches = [node.larg, node.rarg].filter((branch) => branch && hasStar(branch));
  return branches.map((branch) => ({
    message: `the columns of a ${node.op === "SETOP_UNION" ? "UNION" : node.op === "SETOP_EXCEPT" ? "EXCEPT" : "INTERSECT"} are matched by position, and \`*\` leaves it to the table which stands where`,
    location: starLocation(branch),
  }));
}

function orderByPosition(node: Raw): Finding[] {
  if (!hasStar(node)) return [];
  return nodesOf(node.sortClause, "SortBy").flatMap((sort) =>
    sort.node?.A_Const?.ival
      ? [
          {
            message: "an ORDER BY by number, with `*` in the list",
            location: sort.node.A_Const.location as number,
          },
        ]
      : [],
  );
}

/** A star of a table; one of a subquery or a WITH query stands for the columns that the query itself names. */
function starOf(select: Raw): Raw | undefined {
  const own = new Set(
    nodesOf(select.withClause?.ctes, "CommonTableExpr").map((cte) => cte.ctename as string),
  );
  const tables = nodesOf(select.fromClause, "RangeVar");
  const target = nodesOf(select.targetList, "ResTarget").find((t) =>
    (t.val?.ColumnRef?.fields as Raw[] | undefined)?.some((field) => field.A_Star),
  );
  const isAllOwn = select.fromClause?.length === 1 && tables.length === 1 && own.has(tables[0]!.relname);
  const isSubquery = select.fromClause?.every((item: Raw) => item.RangeSubselect || item.RangeFunction);
  return isAllOwn || isSubquery ? undefined : target?.val?.ColumnRef;
}

function hasStar(select: Raw): boolean {
  return starOf(select) !== undefined;
}

function starLocation(select: Raw): number | undefined {
  return starOf(select)?.location;
}
