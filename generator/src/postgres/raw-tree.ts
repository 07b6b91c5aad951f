import type { Node, RangeVar, TypeName } from "libpg-query";

/** A node of the grammar's tree under the name of its kind: `{ SelectStmt: {…} }`. */
export type RawNode = Node;

type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** What a node of each kind holds. */
export type RawTrees = Together<RawNode>;

/** A kind of node of the grammar, e.g. `AlterTableStmt`. */
export type RawKind = keyof RawTrees;

/** A node of any kind, told apart by it. */
export type RawTree = {
  readonly [Kind in RawKind]: { readonly kind: Kind; readonly tree: RawTrees[Kind] };
}[RawKind];

type FieldOf<One> = One extends RawTree ? keyof One["tree"] : never;

/** The fields of all kinds of nodes together, for what is asked of whichever kind has it. */
export type AnyFields = { readonly [Name in FieldOf<RawTree>]?: unknown };

export function kindAndTree(node: RawNode): RawTree {
  const [[kind, tree] = []] = Object.entries(node);
  return { kind, tree } as RawTree;
}

type KindAndTree = { [Kind in RawKind]: [kind: Kind, tree: RawTrees[Kind]] }[RawKind];

/** Visits every node within the value, outer ones first: `{ SelectStmt: {…} }` is visited as ("SelectStmt", {…}). Return false to stay out of it. */
export function walkRaw(value: unknown, visit: (...node: KindAndTree) => unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) walkRaw(item, visit);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const node = value as Readonly<Record<string, unknown>>;
  for (const key in node) {
    const inner = node[key];
    if (typeof inner !== "object" || inner === null) continue;
    const isNode = isKind(key) && !Array.isArray(inner);
    if (isNode && visit(...([key, inner] as unknown as KindAndTree)) === false) continue;
    walkRaw(inner, visit);
  }
}

/** Kinds begin with a capital letter, fields with a small one. */
function isKind(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90;
}

/** Gives what the node holds, if it is of that kind. */
export function nodeOf<Kind extends RawKind>(
  node: RawNode | undefined,
  kind: Kind,
): RawTrees[Kind] | undefined {
  return (node as { readonly [K in RawKind]?: RawTrees[K] } | undefined)?.[kind];
}

/** Gives what the nodes of one kind within a list such as `[{ ColumnDef: {…} }, …]` hold. */
export function nodesOf<Kind extends RawKind>(
  list: readonly RawNode[] | undefined,
  kind: Kind,
): RawTrees[Kind][] {
  return (list ?? []).flatMap((node) => {
    const tree = nodeOf(node, kind);
    return tree === undefined ? [] : [tree];
  });
}

/** A list of names: `[{ String: { sval: "a" } }, …]`. */
export function namesOf(list: readonly RawNode[] | undefined): string[] {
  return nodesOf(list, "String").map(({ sval }) => sval ?? "");
}

/** The type's name without its schema: `int8`, `timestamptz`; `serial` and its kin as written. */
export function typeNameOf(type: TypeName | undefined): string {
  return namesOf(type?.names).at(-1) ?? "";
}

/** `schema.name` as written. */
export function rangeName(range: RangeVar | undefined): string {
  return [range?.schemaname, range?.relname].filter(Boolean).join(".");
}
