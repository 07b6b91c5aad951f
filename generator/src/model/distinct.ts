/** Gives each value once, in the order in which they first stand; values are the same that hold the same. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
