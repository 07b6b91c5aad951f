import { quoteIdentifier } from "../../sql/quoting.ts";
import { type Cut, type Cutting, type Leaf, leavesOf } from "./cutting.ts";

/** It holds or does not, and proves nothing. */
const UNDECIDED = "(pg_catalog.random() < 0.5)";

/**
 * The statement with each part that can be left out undecided: a condition that may hold or not, an assignment that may be made or
 * not. What is proven of it is proven of every variant, of which there can be too many to ask each.
 */
export function undecidedText(cutting: Cutting): string {
  const { text } = cutting.words;
  let written = "";
  let at = 0;
  for (const cut of cutting.cuts) {
    for (const leaf of leavesOf(cut)) {
      const undecided = undecidedLeaf(cutting, cut, leaf);
      if (undecided === null) continue;
      written += text.slice(at, leaf.start) + undecided;
      at = leaf.end;
    }
  }
  return written + text.slice(at);
}

/** null: it stays as it is. */
function undecidedLeaf(
  { words }: Cutting,
  { clause }: Cut,
  { start, end, needs, tests }: Leaf,
): string | null {
  const { kind, target } = clause;
  // LIMIT and OFFSET take away what is certain to be found, and prove nothing.
  if ((needs.size === 0 && tests === null) || kind === "limit" || kind === "offset") return null;
  if (kind !== "set") return UNDECIDED;
  const column = words.all.findIndex((word) => word.start === start);
  // `(a, b) = …` is made.
  if (target === undefined || words.word(column + 1) !== "=" || words.word(column) === "(") return null;
  const name = words.text.slice(start, words.all[column]!.end);
  const value = words.text.slice(words.all[column + 2]!.start, end);
  return `${name} = case when ${UNDECIDED} then ${value} else ${quoteIdentifier(target)}.${name} end`;
}
