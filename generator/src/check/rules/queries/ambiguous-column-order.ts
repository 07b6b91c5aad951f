import type { InsertStmt, RangeVar, SelectStmt } from "libpg-query";
import { ByteOffsets } from "../../../postgres/raw-parse.ts";
import { nodeOf, nodesOf, rangeName, walkRaw } from "../../../postgres/raw-tree.ts";
import { isComment, tokenize } from "../../../sql/lexer.ts";
import { quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { type Finding, queryRule } from "../rule.ts";
import { partsOf, StarTables, starIn } from "./star-tables.ts";

export const ambiguousColumnOrder = queryRule({
  code: "ambiguous-column-order",
  severity: "warning",
  summary: "the meaning of a statement depends on the order of a table's columns",
  why: "`insert into t values (…)` and `select * … union select * …` pair columns by position. After the next `alter table … add column`, or in a database whose columns came in another order, the pairs are different ones; where the types still fit, nothing complains.",
  mend: "Name the columns: `insert into t (a, b) …`, `select a, b … union select a, b …`, `order by a`.",
  *check(checked) {
    const { kind, raw } = checked;
    const found: Finding[] = [];
    const stars = new StarTables({ [kind]: raw });
    const inner = new Set<SelectStmt | undefined>();
    walkRaw({ [kind]: raw }, (at, node) => {
      if (at === "InsertStmt") found.push(...insertByPosition(node, stars, node === raw ? checked : null));
      if (at !== "SelectStmt") return;
      found.push(...orderByPosition(node, stars));
      if (!inner.has(node)) found.push(...setByPosition(node, stars));
      inner.add(node.larg).add(node.rarg);
    });
    yield* found;
  },
});

/** @param checked the query, where the statement is all of it */
function insertByPosition(node: InsertStmt, stars: StarTables, checked: CheckedQuery | null): Finding[] {
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
  return stars.isLoose(source)
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

/** Stars of the same tables pair the same columns, whatever their order. */
function setByPosition(node: SelectStmt, stars: StarTables): Finding[] {
  const parts = partsOf(node);
  const lists = new Set(parts.map((part) => JSON.stringify(stars.listOf(part))));
  if (lists.size < 2) return [];
  const operation = node.op?.replace("SETOP_", "") ?? "";
  return parts
    .filter((part) => stars.isLoose(part))
    .map((part) => ({
      message: `the columns of ${operation === "UNION" ? "a" : "an"} ${operation} are matched by position, and \`*\` leaves it to the table which stands where`,
      location: starLocation(part),
    }));
}

function orderByPosition(node: SelectStmt, stars: StarTables): Finding[] {
  if (!stars.isLoose(node)) return [];
  return nodesOf(node.sortClause, "SortBy").flatMap((sort) => {
    const constant = nodeOf(sort.node, "A_Const");
    const message = "an ORDER BY by number, with `*` in the list";
    return constant?.ival ? [{ message, location: constant.location }] : [];
  });
}

const starLocation = ({ targetList }: SelectStmt): number | undefined =>
  nodesOf(targetList, "ResTarget")
    .map(({ val }) => starIn(val))
    .find((star) => star !== undefined)?.location;
