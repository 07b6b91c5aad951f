import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";

// Node takes as long to begin a thread as to read the command's bundle: the small bundle in front of it begins the one that will be
// needed, and the command takes it over. The two share nothing but the process.

/** Beside the bundle; absent where the sources run as they stand. */
const WORKER = new URL("./embedded-worker.cjs", import.meta.url);

/** So deep that PostgreSQL finds its own limit first, of which it can say where, and go on. */
const STACK_MB = 16;

/** A thread, and what it ended with, if it has. */
export interface Thread {
  readonly worker: Worker;
  readonly ended: Error | null;
}

/** Where the process has the thread that was begun. */
const BEGUN = Symbol.for("solitude-gen: a thread for the embedded PostgreSQL");
const shared = globalThis as { [BEGUN]?: Thread | undefined };

/** Tells whether it can run in a thread of its own. */
export const hasThreads = (): boolean => existsSync(WORKER);

/** Begins a thread for the command that comes, which it waits for. */
export function beginThread(): void {
  if (hasThreads()) shared[BEGUN] ??= newThread();
}

/** Gives the thread that was begun, or else another one. It loads PostgreSQL when it is sent anything. */
export function takeThread(): Thread {
  const begun = shared[BEGUN];
  delete shared[BEGUN];
  return begun ?? newThread();
}

function newThread(): Thread {
  const worker = new Worker(WORKER, { resourceLimits: { stackSizeMb: STACK_MB } });
  const thread = { worker, ended: null as Error | null };
  // Whoever takes it may come when it has ended.
  worker.on("error", (error) => {
    thread.ended ??= error as Error;
  });
  worker.on("exit", () => {
    thread.ended ??= new Error("the embedded PostgreSQL has ended");
  });
  worker.unref();
  return thread;
}
