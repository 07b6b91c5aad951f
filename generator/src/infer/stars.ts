import { asName, asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { aliasName, COMMAND, columnNames, openScope, outputEntries, RTE, rteOf } from "./scope.ts";

/** A `*` or `x.*` of the raw parse, at the places where it decides what the statement delivers. */
export interface Star {
  /** Offsets in the text, UTF-16. */
  readonly start: number;
  readonly end: number;
  /** The relation's name as written, or null for a bare `*`. */
  readonly qualifier: string | null;
}

/** A raw target list: each item is a star, or null for an expression that gives one column. */
export interface RawTargets {
  readonly items: readonly (Star | null)[];
  /** True where an item is a `(composite).*`, whose width the parse does not tell. */
  readonly opaque: boolean;
}

/** The part of a statement that has target lists: itself, the arms of a set operation, the source of an INSERT. */
export type RawOutput =
  | { readonly kind: "targets"; readonly targets: RawTargets }
  | { readonly kind: "set"; readonly left: RawOutput; readonly right: RawOutput }
  | { readonly kind: "none" };

export interface StarExpansion {
  readonly star: Star;
  /** Index among the entries that its level delivers, and how many. */
  readonly first: number;
  readonly count: number;
  /** What replaces it. */
  readonly text: string;
}

/** Matches raw stars to the analysed entries that they became. */
export function expandStars(query: Node, raw: RawOutput, quote: (name: string) => string): StarExpansion[] {
  if (raw.kind === "none") return [];
  if (raw.kind === "set") {
    const setOperations = asNode(query.setOperations);
    return setOperations ? expandSet(query, setOperations, raw, quote) : [];
  }
  return expandList(query, outputEntries(query), raw.targets, quote);
}

function expandSet(
  query: Node,
  node: Node,
  raw: RawOutput,
  quote: (name: string) => string,
): StarExpansion[] {
  if (node.node === "RANGETBLREF") {
    const rte = asNodes(query.rtable)[asNumber(node.rtindex) - 1];
    const subquery = asNode(rte?.subquery);
    return subquery ? expandStars(subquery, raw, quote) : [];
  }
  if (raw.kind !== "set") return [];
  return [
    ...expandSet(query, asNode(node.larg)!, raw.left, quote),
    ...expandSet(query, asNode(node.rarg)!, raw.right, quote),
  ];
}

function expandList(
  query: Node,
  entries: readonly Node[],
  raw: RawTargets,
  quote: (name: string) => string,
): StarExpansion[] {
  const stars = raw.items.filter((item) => item !== null);
  if (stars.length === 0 || raw.opaque) return [];
  const widths = new Map<Star, number>();
  for (const star of stars) {
    const width = star.qualifier === null ? null : widthOf(query, star.qualifier);
    if (width !== null) widths.set(star, width);
  }
  const unknown = stars.filter((star) => !widths.has(star));
  const known = [...widths.values()].reduce((sum, n) => sum + n, 0) + (raw.items.length - stars.length);
  const rest = entries.length - known;
  // Two bare stars are the same columns twice.
  if (unknown.length > 0 && (rest < unknown.length || rest % unknown.length !== 0)) return [];
  for (const star of unknown) widths.set(star, rest / unknown.length);
  if (unknown.length === 0 && rest !== 0) return [];

  const expansions: StarExpansion[] = [];
  let at = 0;
  for (const item of raw.items) {
    if (item === null) {
      at++;
      continue;
    }
    const count = widths.get(item)!;
    const columns = entries.slice(at, at + count);
    const text = columns.map((entry) => columnText(query, entry, item, quote)).join(", ");
    expansions.push({ star: item, first: at, count, text });
    at += count;
  }
  return at === entries.length ? expansions : [];
}

function widthOf(query: Node, qualifier: string): number | null {
  const lower = asName(query.returningOldAlias) || "old";
  const upper = asName(query.returningNewAlias) || "new";
  const rtable = asNodes(query.rtable);
  const result =
    asNumber(query.commandType) === COMMAND.select ? undefined : rtable[asNumber(query.resultRelation) - 1];
  const named = rtable.filter((rte) => rte.inFromCl !== false && aliasName(rte) === qualifier);
  const rte =
    named[0] ??
    (result && (aliasName(result) === qualifier || qualifier === lower || qualifier === upper)
      ? result
      : undefined);
  if (!rte) return null;
  const names = columnNames(rte).filter((name) => name !== "");
  return names.length + (rte.funcordinality === true && asNumber(rte.rtekind) !== RTE.function ? 1 : 0);
}

function columnText(query: Node, entry: Node, star: Star, quote: (name: string) => string): string {
  const name = asName(entry.resname);
  if (star.qualifier !== null) return `${quote(star.qualifier)}.${quote(name)}`;
  const scope = openScope(query, null);
  const sources = scope.rtable.filter(
    (rte) =>
      rte.inFromCl === true && asNumber(rte.rtekind) !== RTE.join && asNumber(rte.rtekind) !== RTE.group,
  );
  const isReturning = asNumber(query.commandType) !== COMMAND.select;
  if (sources.length <= 1 && !isReturning) return quote(name);
  if (isReturning && sources.length === 0) return quote(name);
  const expr = asNode(entry.expr);
  // A column merged by USING in a full join belongs to neither side.
  if (expr?.node !== "VAR") return quote(name);
  const rte = rteOf(scope, asNumber(expr.varno));
  return !rte || asNumber(rte.rtekind) === RTE.join ? quote(name) : `${quote(aliasName(rte))}.${quote(name)}`;
}
