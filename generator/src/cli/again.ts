import { lastRun } from "../cache/early-start.ts";

// A bundle of its own: most runs of `generate` change nothing, and are over before the whole command would have been read. Before it is
// known that this is one, nothing is loaded that does not tell it.

/** A thread takes as long to begin as the rest of the command takes to be read. */
const beginThread = async (): Promise<void> => (await import("../postgres/embedded-thread.ts")).beginThread();

/**
 * Does what `generate` does where nothing has changed since the last run.
 * @param args of the command line, behind `generate`
 * @returns false where something has, or that cannot be told from here: then nothing was done
 */
export async function generateAgain(args: readonly string[], cwd: string): Promise<boolean> {
  const loaded = await lastRun(cwd, beginThread);
  return loaded !== null && (await import("./repeat.ts")).repeat(loaded, args);
}
