/**
 * Gives what a message may show of a value: not one with a mark by which parts of a URL are told apart, which may have come to
 * where it stands with a password behind it.
 */
export function shown(value: string): string {
  return /[?&=@]/.test(value) ? "(not shown, for it may hold a password)" : JSON.stringify(value);
}
