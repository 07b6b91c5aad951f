import { setFlagsFromString } from "node:v8";

// The embedded PostgreSQL is over before its optimized code would have paid for itself: a fifth of what a suite with it takes. As in the tool
// (generator/src/postgres/v8-flags.ts), of which the tests run the sources without its threads.
if (/^2[0-4]\./.test(process.versions.node))
  for (const flag of ["--no-wasm-dynamic-tiering", "--no-wasm-tier-up"]) setFlagsFromString(flag);
