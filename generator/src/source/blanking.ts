/** A stretch of text; the end is exclusive. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Replaces stretches by spaces and keeps line breaks, so that every other offset, line and column stays true. */
export function blank(text: string, stretches: readonly Stretch[]): string {
  let result = "";
  let at = 0;
  for (const { start, end } of stretches) {
    if (end <= at) continue;
    result += text.slice(at, Math.max(start, at));
    result += text.slice(Math.max(start, at), end).replace(/[^\r\n]/g, " ");
    at = end;
  }
  return result + text.slice(at);
}
