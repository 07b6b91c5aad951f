import { parseScript } from "../postgres/raw-parse.ts";
import {
  kindAndTree,
  namesOf,
  nodeOf,
  nodesOf,
  type RawKind,
  type RawNode,
  type RawTree,
  rangeName,
  walkRaw,
} from "../postgres/raw-tree.ts";
import { type WrittenType, writtenType } from "./declared.ts";

/** An item of the list that decides a statement's result, as it is written. */
export interface WrittenOutput {
  readonly kind: RawKind;
  /** What stands behind AS. */
  readonly alias: string | null;
  /** What sqlc calls it where it has no alias; null where PostgreSQL's name is meant. */
  readonly name: string | null;
  /** The last name of a plain reference to a column. */
  readonly column: string | null;
  /** What it is cast to. */
  readonly cast: WrittenType | null;
}

/** What a query's text says beyond what PostgreSQL makes of it. */
export interface WrittenQuery {
  readonly outputs: readonly WrittenOutput[];
  /** By the parameter's number: what it is cast to, where it stands in a cast. */
  readonly casts: ReadonlyMap<number, WrittenType>;
  /** By the number of a parameter that has no name of its own: what sqlc calls it for where it is written, before it asks what it meets. */
  readonly paramNames: ReadonlyMap<number, string>;
  /** Tables that stand in it with their schema before them. */
  readonly qualified: ReadonlySet<string>;
  /** The table of an INSERT, its schema empty where none is written. */
  readonly insertsInto: { readonly schema: string; readonly name: string } | null;
}

export async function readWritten(sql: string): Promise<WrittenQuery> {
  const [statement] = await parseScript(sql).catch(() => []);
  if (statement === undefined)
    return {
      outputs: [],
      casts: new Map(),
      paramNames: new Map(),
      qualified: new Set(),
      insertsInto: null,
    };
  const casts = new Map<number, WrittenType>();
  const qualified = new Set<string>();
  walkRaw({ [statement.kind]: statement.tree }, (kind, tree) => {
    const range =
      kind === "RangeVar"
        ? tree
        : kind === "InsertStmt" || kind === "UpdateStmt" || kind === "DeleteStmt" || kind === "MergeStmt"
          ? tree.relation
          : undefined;
    if (range?.schemaname !== undefined) qualified.add(range.relname ?? "");
    if (kind !== "TypeCast") return;
    const number = nodeOf(tree.arg, "ParamRef")?.number;
    if (number !== undefined && !casts.has(number)) casts.set(number, writtenType(tree.typeName));
  });
  const into = statement.kind === "InsertStmt" ? statement.tree.relation : undefined;
  return {
    outputs: targetsOf(statement).map(outputOf),
    casts,
    paramNames: paramNamesOf(statement),
    qualified,
    insertsInto: into ? { schema: into.schemaname ?? "", name: into.relname ?? rangeName(into) } : null,
  };
}

/** A cast takes a parameter's name away; an operator gives it that of the first column on its left, else on its right. */
function paramNamesOf({ kind, tree }: RawTree): Map<number, string> {
  /** By place, since what is further in decides. */
  const places = new Map<number, { readonly number: number; readonly name: string | null }>();
  const name = (within: unknown, given: string | null) =>
    walkRaw(within, (...[inner, node]) => {
      if (inner === "ParamRef") places.set(node.location ?? 0, { number: node.number ?? 0, name: given });
    });
  walkRaw({ [kind]: tree }, (...[inner, node]) => {
    if (inner === "TypeCast") name(node.arg, "");
    else if (inner === "FuncCall") name(node.args, null);
    else if (inner === "ResTarget") name(node.val, null);
    else if (inner === "SelectStmt") name([node.limitCount, node.limitOffset], null);
    else if (inner === "A_Expr" && (node.kind === "AEXPR_OP" || node.kind === "AEXPR_LIKE"))
      name([node.lexpr, node.rexpr], firstColumn(node.lexpr) ?? firstColumn(node.rexpr));
  });
  // Of the places where it stands the first one names it.
  const inOrder = [...places].sort(([a], [b]) => b - a).map(([, place]) => place);
  const names = new Map(inOrder.map((place) => [place.number, place.name]));
  return new Map([...names].flatMap(([number, given]) => (given === null ? [] : [[number, given]])));
}

function firstColumn(within: RawNode | undefined): string | null {
  let first: string | null = null;
  walkRaw(within, (kind, tree) => {
    if (kind === "ColumnRef") first ??= namesOf(tree.fields).at(-1) ?? null;
  });
  return first;
}

/** Of a set operation, those of its first arm, which names the columns. */
function targetsOf({ kind, tree }: RawTree): readonly RawNode[] {
  if (kind === "SelectStmt") {
    let arm = tree;
    while (arm.larg !== undefined) arm = arm.larg;
    return arm.targetList ?? [];
  }
  if (kind === "InsertStmt" || kind === "UpdateStmt" || kind === "DeleteStmt" || kind === "MergeStmt")
    return tree.returningClause?.exprs ?? [];
  return [];
}

function outputOf(target: RawNode): WrittenOutput {
  const { name: alias = null, val } = nodeOf(target, "ResTarget") ?? {};
  const value = val ?? target;
  const { kind } = kindAndTree(value);
  const cast = nodeOf(value, "TypeCast");
  return {
    kind,
    alias,
    name: unnamed(value),
    column: namesOf(nodeOf(value, "ColumnRef")?.fields).at(-1) ?? null,
    cast: cast ? writtenType(cast.typeName) : null,
  };
}

/** sqlc names fewer expressions than PostgreSQL does. */
function unnamed(value: RawNode): string | null {
  const { kind, tree } = kindAndTree(value);
  switch (kind) {
    case "TypeCast":
      return namesOf(nodeOf(tree.arg, "ColumnRef")?.fields).join("_");
    case "CoalesceExpr": {
      const [first] = nodesOf(tree.args, "ColumnRef");
      return namesOf(first?.fields).at(-1) ?? "coalesce";
    }
    case "BoolExpr": {
      const sublink = nodeOf(tree.args?.[0], "SubLink");
      return tree.boolop === "NOT_EXPR" && sublink?.subLinkType === "EXISTS_SUBLINK" ? "not_exists" : "";
    }
    case "ColumnRef":
    case "FuncCall":
    case "SubLink":
      return null;
    default:
      return "";
  }
}
