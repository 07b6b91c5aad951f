import type { Terminal } from "./terminal.ts";

const QUIET_MS = 1_000;
const REDRAW_MS = 80;
const CLEAR_LINE = "\r\u001b[2K";

export interface Progress {
  readonly update: (done: number, total: number, what: string) => void;
  /** Takes the line away again; to be called before anything else is printed. */
  readonly stop: () => void;
}

/** One line on the terminal, shown only when a run takes longer than a second. */
export function startProgress(terminal: Terminal, columns = process.stderr.columns ?? 80): Progress {
  if (!terminal.canRedraw) return { update: () => {}, stop: () => {} };
  const started = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    update: (done, total, what) => {
      const now = performance.now();
      if (now - started < QUIET_MS || now - drawn < REDRAW_MS) return;
      drawn = now;
      const counted = total > 0 ? `${done}/${total} ` : "";
      terminal.err(`${CLEAR_LINE}${`${counted}${what}`.slice(0, columns - 1)}`);
    },
    stop: () => {
      if (drawn > 0) terminal.err(CLEAR_LINE);
      drawn = Number.NEGATIVE_INFINITY;
    },
  };
}
