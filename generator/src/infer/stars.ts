import type { RawOutput, RawTargets, Star } from "../postgres/raw-stars.ts";
import type { Query, SetOperand, TargetEntry } from "../postgres/tree/node-types.ts";
import { aliasName, columnNames, outputEntries } from "./scope.ts";

export interface StarExpansion {
  readonly star: Star;
  /** Index among the entries that its level delivers, and how many. */
  readonly first: number;
  readonly count: number;
  /** What replaces it. */
  readonly text: string;
}

/** Matches raw stars to the analysed entries that they became. */
export function expandStars(query: Query, raw: RawOutput, quote: (name: string) => string): StarExpansion[] {
  if (raw.kind === "none") return [];
  if (raw.kind === "set") {
    return query.setOperations ? expandSet(query, query.setOperations, raw, quote) : [];
  }
  return expandList(query, outputEntries(query), raw.targets, quote);
}

function expandSet(
  query: Query,
  node: SetOperand,
  raw: RawOutput,
  quote: (name: string) => string,
): StarExpansion[] {
  if (node.kind === "RangeTblRef") {
    const rte = query.rtable[node.rtindex - 1];
    return rte?.rtekind === "RTE_SUBQUERY" ? expandStars(rte.subquery, raw, quote) : [];
  }
  if (raw.kind !== "set") return [];
  return [...expandSet(query, node.larg, raw.left, quote), ...expandSet(query, node.rarg, raw.right, quote)];
}

function expandList(
  query: Query,
  entries: readonly TargetEntry[],
  raw: RawTargets,
  quote: (name: string) => string,
): StarExpansion[] {
  const stars = raw.items.filter((item) => item !== null);
  if (raw.opaque) return [];
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
  return expansions;
}

function widthOf(query: Query, qualifier: string): number | null {
  const { rtable } = query;
  const result = query.commandType === "CMD_SELECT" ? undefined : rtable[query.resultRelation - 1];
  const named = rtable.filter((rte) => rte.inFromCl && aliasName(rte) === qualifier);
  // OLD and NEW, by whatever name, are the target's rows.
  const rte = named[0] ?? result;
  if (!rte) return null;
  return columnNames(rte).filter((name) => name !== "").length;
}

function columnText(query: Query, entry: TargetEntry, star: Star, quote: (name: string) => string): string {
  const name = entry.resname ?? "";
  if (star.qualifier !== null) return `${quote(star.qualifier)}.${quote(name)}`;
  const sources = query.rtable.filter(
    (rte) => rte.inFromCl && rte.rtekind !== "RTE_JOIN" && rte.rtekind !== "RTE_GROUP",
  );
  const isReturning = query.commandType !== "CMD_SELECT";
  if (sources.length <= 1 && !isReturning) return quote(name);
  if (isReturning && sources.length === 0) return quote(name);
  // A column merged by USING in a full join belongs to neither side.
  if (entry.expr.kind !== "Var") return quote(name);
  const rte = query.rtable[entry.expr.varno - 1];
  return !rte || rte.rtekind === "RTE_JOIN" ? quote(name) : `${quote(aliasName(rte))}.${quote(name)}`;
}
