import { setFlagsFromString } from "node:v8";

// V8 takes Node's own modules as they were compiled into Node only while its flags are those that Node was built with: a thread that starts
// under other flags compiles all of them anew, which takes longer than the rest of its start. So flags change when threads have started.

interface Flag {
  /** What sets it for work of some length. */
  readonly set: string;
  /** What puts it back. */
  readonly reset: string;
}

/**
 * Most runs are over before V8's optimizing compiler has paid for itself, and on a small machine it takes a processor
 * away from the run: it is to wait for what is really hot. By Node's major versions, for V8 complains of flags that it does not know.
 */
const PATIENCE: Readonly<Record<string, readonly Flag[]>> = {
  20: [{ set: "--interrupt-budget=1000000", reset: "--interrupt-budget=67584" }],
  22: [{ set: "--invocation-count-for-turbofan=40000", reset: "--invocation-count-for-turbofan=3000" }],
};

/**
 * V8 optimizes WebAssembly on as many threads as it has. On runs of seconds that costs more than it gives, with 5,000 queries still.
 * (`--liftoff-only` would say the same, and end the process where V8 must optimize after all.)
 */
const UNOPTIMIZED: readonly Flag[] = [
  { set: "--no-wasm-dynamic-tiering", reset: "--wasm-dynamic-tiering" },
  { set: "--no-wasm-tier-up", reset: "--wasm-tier-up" },
];
/** Node's versions whose V8 has them. */
const KNOWN = new Set(["20", "21", "22", "23", "24"]);

/**
 * V8 validates all functions of WebAssembly when it compiles a module, on its threads: of PostgreSQL's 14,000 most are never called, and the
 * others are validated when they are.
 */
const UNVALIDATED: readonly Flag[] = [{ set: "--wasm-lazy-validation", reset: "--no-wasm-lazy-validation" }];
/** Those whose V8 does not call that an experiment. */
const SETTLED = new Set(["20", "21", "22"]);

const version = process.versions.bun || process.versions.deno ? "" : process.versions.node.split(".")[0]!;
const flags = [
  PATIENCE[version] ?? [],
  KNOWN.has(version) ? UNOPTIMIZED : [],
  SETTLED.has(version) ? UNVALIDATED : [],
].flat();

/** Tells V8, for all threads of the process, that there is work to do. */
export function expectWork(): void {
  for (const { set } of flags) setFlagsFromString(set);
}

let isAsked = false;

/** Has V8's flags as Node started with them when the process ends: code that is kept then is for runs that begin with these. */
export function resetAtExit(): void {
  // Each database asks, and a watcher has one after the other.
  if (isAsked) return;
  isAsked = true;
  process.prependOnceListener("exit", () => {
    for (const { reset } of flags) setFlagsFromString(reset);
  });
}
