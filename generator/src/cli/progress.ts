import type { Terminal } from "./terminal.ts";

const QUIET_MS = 1_000;
const REDRAW_MS = 80;
const CLEAR_LINE = "\r\u001b[2K";

export interface Progress {
  readonly update: (done: number, total: number, what: string) => void;
  /** Takes the line away again; to be called before anything else is printed. */
  readonly stop: () => void;
}

/**
 * One line on the terminal, shown only when a run takes longer than a second.
 * It is taken away at exit too: Ctrl-C must not leave half a line before the prompt.
 * @param first what is going on until the first update
 */
export function startProgress(
  terminal: Terminal,
  first = "reading the schema",
  // A terminal that was never given a size says 0.
  columns = process.stderr.columns || 80,
): Progress {
  if (!terminal.canRedraw) return { update: () => {}, stop: () => {} };
  const started = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = (text: string): void => {
    drawn = performance.now();
    terminal.err(`${CLEAR_LINE}${text.slice(0, columns - 1)}`);
  };
  // Until something is counted, the line stands still.
  const waiting = setTimeout(() => draw(`${first} …`), QUIET_MS);
  waiting.unref();
  const stop = (): void => {
    clearTimeout(waiting);
    process.off("exit", stop);
    if (drawn > 0) terminal.err(CLEAR_LINE);
    drawn = Number.NEGATIVE_INFINITY;
  };
  process.on("exit", stop);
  return {
    update: (done, total, what) => {
      clearTimeout(waiting);
      const now = performance.now();
      if (now - started < QUIET_MS || now - drawn < REDRAW_MS) return;
      draw(`${total > 0 ? `${done}/${total} ` : ""}${what}`);
    },
    stop,
  };
}
