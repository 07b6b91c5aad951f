import { ByteOffsets } from "../../postgres/raw-parse.ts";
import type { RawNode, RawTree } from "../../postgres/raw-tree.ts";
import type { Run, Words } from "./words.ts";

// biome-ignore lint/suspicious/noExplicitAny: the parser's JSON has no types that fit all kinds of nodes
export type Raw = Record<string, any>;

/** What of a statement can be left out in parts. */
export type ClauseKind = "where" | "having" | "on" | "set" | "limit" | "offset";

/** A clause as the grammar has it. */
export interface RawClause {
  readonly kind: ClauseKind;
  /** The statement, or the join, that has it. */
  readonly owner: Raw;
  readonly statement: "select" | "update" | "delete";
  /** What the rows that SET changes are called, in the statement. */
  readonly target?: string;
}

/** The field of its owner that holds a clause. */
export const FIELD = {
  where: "whereClause",
  having: "havingClause",
  on: "quals",
  set: "targetList",
  limit: "limitCount",
  offset: "limitOffset",
} as const satisfies Record<ClauseKind, string>;

/**
 * The clauses of which parts can be left out: those of the statement itself, of queries in WITH and FROM, of the arms of a set
 * operation, and conditions of inner joins. The same tree gives the same order.
 */
export function clausesOf(statement: RawNode | RawTree | Raw): RawClause[] {
  const found: RawClause[] = [];
  if ("kind" in statement) ofStatement(statement.kind as string, statement.tree as Raw, found);
  else ofNode(statement as Raw, found);
  return found;
}

function ofNode(node: Raw | undefined, found: RawClause[]): void {
  for (const [kind, tree] of Object.entries(node ?? {})) ofStatement(kind, tree as Raw, found);
}

function ofStatement(kind: string, tree: Raw, found: RawClause[]): void {
  for (const cte of tree.withClause?.ctes ?? []) ofNode(cte.CommonTableExpr?.ctequery, found);
  switch (kind) {
    case "SelectStmt":
      if (tree.larg) ofStatement("SelectStmt", tree.larg, found);
      if (tree.rarg) ofStatement("SelectStmt", tree.rarg, found);
      ofFrom(tree.fromClause, found);
      for (const clause of ["where", "having", "limit", "offset"] as const)
        found.push({ kind: clause, owner: tree, statement: "select" });
      return;
    case "InsertStmt":
      ofNode(tree.selectStmt, found);
      if (tree.onConflictClause?.targetList)
        found.push({
          kind: "set",
          owner: tree.onConflictClause,
          statement: "update",
          target: calledBy(tree.relation),
        });
      // Without it the row that is in the way is updated, and no other.
      if (tree.onConflictClause?.whereClause)
        found.push({ kind: "where", owner: tree.onConflictClause, statement: "select" });
      return;
    case "MergeStmt":
      ofFrom([tree.sourceRelation], found);
      for (const { MergeWhenClause: when } of (tree.mergeWhenClauses ?? []) as Raw[])
        if (when?.commandType === "CMD_UPDATE")
          found.push({ kind: "set", owner: when, statement: "update", target: calledBy(tree.relation) });
      return;
    case "UpdateStmt":
      ofFrom(tree.fromClause, found);
      found.push({ kind: "set", owner: tree, statement: "update", target: calledBy(tree.relation) });
      found.push({ kind: "where", owner: tree, statement: "update" });
      return;
    case "DeleteStmt":
      ofFrom(tree.usingClause, found);
      found.push({ kind: "where", owner: tree, statement: "delete" });
  }
}

function calledBy({ alias, relname }: Raw): string {
  return (alias?.aliasname ?? relname) as string;
}

function ofFrom(items: readonly Raw[] | undefined, found: RawClause[]): void {
  for (const item of items ?? []) {
    if (item.RangeSubselect) ofNode(item.RangeSubselect.subquery, found);
    const join = item.JoinExpr as Raw | undefined;
    if (!join) continue;
    ofFrom([join.larg, join.rarg], found);
    if (join.jointype === "JOIN_INNER" && join.quals)
      found.push({ kind: "on", owner: join, statement: "select" });
  }
}

/** The parameters that a node mentions. */
export function paramsIn(node: unknown): Set<number> {
  const numbers = new Set<number>();
  visit(node, (key, inner) => {
    if (key === "ParamRef") numbers.add((inner as Raw).number ?? 0);
  });
  return numbers;
}

/** Places where a parameter first stands in a node, in bytes; null where it does not. */
export function placeOfParam(node: unknown, number: number): number | null {
  let place: number | null = null;
  visit(node, (key, inner) => {
    const param = key === "ParamRef" ? (inner as Raw) : null;
    if (param?.number === number) place = Math.min(place ?? Number.POSITIVE_INFINITY, param.location ?? 0);
  });
  return place;
}

/** The parameter that a condition asks whether it is null (`$1 is null`, `$1::text is null`); null for any other. */
export function nullTested(node: Raw): number | null {
  const test = node.NullTest as Raw | undefined;
  if (test?.nulltesttype !== "IS_NULL") return null;
  let arg = test.arg as Raw | undefined;
  while (arg?.TypeCast) arg = arg.TypeCast.arg as Raw | undefined;
  return (arg?.ParamRef?.number as number | undefined) ?? null;
}

/** Shows everything in a node, but what `except` is. */
export function visit(
  value: unknown,
  see: (key: string, inner: unknown) => void,
  except: unknown = null,
): void {
  if (value === except) return;
  if (Array.isArray(value)) for (const item of value) visit(item, see, except);
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      see(key, inner);
      visit(inner, see, except);
    }
}

function firstPlace(node: unknown): number {
  let first = Number.POSITIVE_INFINITY;
  visit(node, (key, inner) => {
    if (key === "location" && typeof inner === "number" && inner >= 0) first = Math.min(first, inner);
  });
  return first;
}

/** The words of a clause: its key word, and what follows it. */
export interface ClausePlace extends Run {
  readonly keyword: number;
}

/** Places where a clause stands; null where that cannot be told. */
export function placeOf({ kind, owner }: RawClause, words: Words): ClausePlace | null {
  const offsets = new ByteOffsets(words.text);
  const first = firstPlace(owner[FIELD[kind]]);
  if (!Number.isFinite(first)) return null;
  const keyword = words.lastBefore(offsets.toUtf16(first), KEYWORDS[kind]);
  if (keyword === -1) return null;
  const to = words.clauseEnd(keyword, (i) => endsClause(kind, words, i));
  return { keyword, from: keyword + 1, to };
}

const KEYWORDS: Readonly<Record<ClauseKind, readonly string[]>> = {
  where: ["where"],
  having: ["having"],
  on: ["on"],
  set: ["set"],
  limit: ["limit", "fetch"],
  offset: ["offset"],
};

const AFTER_WHERE = ["group", "having", "window", "order", "limit", "offset", "fetch", "for"];
const AFTER_SELECT = [...AFTER_WHERE, "union", "intersect", "except", "returning", "where", "on", ";"];
const JOINS = ["join", "left", "right", "full", "inner", "cross", "natural"];

function endsClause(kind: ClauseKind, words: Words, i: number): boolean {
  const word = words.word(i);
  const before = words.word(i - 1);
  if (kind === "set")
    return (
      word === "where" ||
      word === "returning" ||
      word === "when" ||
      (word === "from" && before !== "distinct")
    );
  if (kind === "on" && (word === "," || word === "using" || word === "set")) return true;
  // `left (…)` is a function.
  if (kind === "on" && JOINS.includes(word) && words.word(i + 1) !== "(") return true;
  if (word === "group" && before === "within") return false;
  return AFTER_SELECT.includes(word);
}
