import leven from "leven";

/**
 * The known word that was probably meant, or null where none is near.
 * @param share which part of its letters may be others; of thousands of words, one is always near by chance
 */
export function nearest(word: string, known: readonly string[], share = 2): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.min(4, Math.ceil(word.length / share))) + 1;
  for (const candidate of known) {
    const distance = leven(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}
