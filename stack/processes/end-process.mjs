/** Milliseconds in which a server must have shut down, which may have to write what is still in memory. */
const PATIENCE = 60_000;

/**
 * Tells a process to end, and kills it where it has not within so many milliseconds.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {Promise<unknown>} ended resolves when it has
 * @param {NodeJS.Signals} signal
 */
export async function endProcess(child, ended, signal, within = PATIENCE) {
  child.kill(signal);
  const overdue = setTimeout(() => child.kill("SIGKILL"), within);
  await ended;
  clearTimeout(overdue);
}
