import type { ColumnRef, InsertStmt, RangeVar, SelectStmt } from "libpg-query";
import { ByteOffsets } from "../../../postgres/raw-parse.ts";
import { nodeOf, nodesOf, rangeName, walkRaw } from "../../../postgres/raw-tree.ts";
import { isComment, tokenize } from "../../../sql/lexer.ts";
import { quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { type Finding, queryRule } from "../rule.ts";

export const ambiguousColumnOrder = queryRule({
  code: "ambiguous-column-order",
  severity: "warning",
  summary: "the meaning of a statement depends on the order of a table's columns",
  why: "`insert into t values (…)` and `select * … union select * …` pair columns by position. After the next `alter table … add column`, or in a database whose columns came in another order, the pairs are different ones; where the types still fit, nothing complains.",
  mend: "Name the columns: `insert into t (a, b) …`, `select a, b … union select a, b …`, `order by a`.",
  *check(checked) {
    const { kind, raw } = checked;
    const found: Finding[] = [];
    walkRaw({ [kind]: raw }, (inner, node) => {
      if (inner === "InsertStmt") found.push(...insertByPosition(node, node === raw ? checked : null));
      if (inner === "SelectStmt") found.push(...setByPosition(node), ...orderByPosition(node));
    });
    yield* found;
  },
});

/** @param checked the query, where the statement is all of it */
function insertByPosition(node: InsertStmt, checked: CheckedQuery | null): Finding[] {
  const location = node.relation?.location;
  const source = nodeOf(node.selectStmt, "SelectStmt");
  if (!source) return [];
  if (!node.cols) {
    return [
      {
        message: `the values go into the columns of ${rangeName(node.relation)} by position`,
        location,
        ...(checked === null ? {} : withColumns(node, source, checked)),
      },
    ];
  }
  return hasStar(source) && !source.op?.startsWith("SETOP_U")
    ? [{ message: "`select *` fills the columns of an insert by position", location: starLocation(source) }]
    : [];
}

/** Names the columns that the values go into now. */
function withColumns(
  { relation }: InsertStmt,
  { valuesLists }: SelectStmt,
  { tree, catalog, source }: CheckedQuery,
): Pick<Finding, "edits"> | object {
  const [first] = nodesOf(valuesLists, "List");
  const target = tree === null ? null : tree.rtable[tree.resultRelation - 1];
  if (first === undefined || target?.rtekind !== "RTE_RELATION") return {};
  const columns = [...(catalog.relation(target.relid)?.columns.values() ?? [])].slice(0, first.items?.length);
  const at = endOfTarget(source.text, relation);
  if (at === null || columns.length === 0) return {};
  const list = columns.map(({ name }) => quoteIdentifierIfNeeded(name));
  return { edits: [{ start: at, end: at, text: ` (${list.join(", ")})` }] };
}

/** Behind the name of the table, and what else it is called. */
function endOfTarget(text: string, relation: RangeVar | undefined): number | null {
  const from = new ByteOffsets(text).toUtf16(relation?.location ?? 0);
  const names = [
    relation?.catalogname,
    relation?.schemaname,
    relation?.relname,
    relation?.alias && "as",
    relation?.alias?.aliasname,
  ];
  let left = names.filter(Boolean).length;
  let end: number | null = null;
  for (const token of tokenize(text)) {
    if (token.start < from || left === 0 || isComment(token)) continue;
    if (token.kind !== "word" && token.kind !== "quoted") continue;
    end = token.end;
    left--;
  }
  return end;
}

function setByPosition(node: SelectStmt): Finding[] {
  if (!node.op || node.op === "SETOP_NONE") return [];
  const branches = [node.larg, node.rarg].filter((branch) => branch !== undefined && hasStar(branch));
  return branches.map((branch) => ({
    message: `the columns of a ${node.op === "SETOP_UNION" ? "UNION" : node.op === "SETOP_EXCEPT" ? "EXCEPT" : "INTERSECT"} are matched by position, and \`*\` leaves it to the table which stands where`,
    location: branch && starLocation(branch),
  }));
}

function orderByPosition(node: SelectStmt): Finding[] {
  if (!hasStar(node)) return [];
  return nodesOf(node.sortClause, "SortBy").flatMap((sort) => {
    const constant = nodeOf(sort.node, "A_Const");
    const message = "an ORDER BY by number, with `*` in the list";
    return constant?.ival ? [{ message, location: constant.location }] : [];
  });
}

/** A star of a table; one of a subquery or a WITH query stands for the columns that the query itself names. */
function starOf(select: SelectStmt): ColumnRef | undefined {
  const own = new Set(nodesOf(select.withClause?.ctes, "CommonTableExpr").map((cte) => cte.ctename));
  const tables = nodesOf(select.fromClause, "RangeVar");
  const star = nodesOf(select.targetList, "ResTarget")
    .map((target) => nodeOf(target.val, "ColumnRef"))
    .find((column) => column?.fields?.some((field) => nodeOf(field, "A_Star")));
  const isAllOwn = select.fromClause?.length === 1 && tables.length === 1 && own.has(tables[0]!.relname);
  const isSubquery = select.fromClause?.every(
    (item) => nodeOf(item, "RangeSubselect") ?? nodeOf(item, "RangeFunction"),
  );
  return isAllOwn || isSubquery ? undefined : star;
}

function hasStar(select: SelectStmt): boolean {
  return starOf(select) !== undefined;
}

function starLocation(select: SelectStmt): number | undefined {
  return starOf(select)?.location;
}
