import leven from "leven";

/** The one of them that a word is a small slip of the pen away from. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Others have variables that begin like ours, so only a small slip counts.
  let least = Math.max(1, Math.min(2, Math.floor(word.length / 3))) + 1;
  let best: string | undefined;
  for (const candidate of known) {
    const distance = leven(word, candidate);
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}
