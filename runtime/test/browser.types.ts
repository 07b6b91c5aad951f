import type * as browser from "../src/browser.ts";
import type * as server from "../src/index.ts";

/** Names of index.ts that browser.ts lacks: bundles for browsers would end at them. */
type Missing = Exclude<keyof typeof server, keyof typeof browser>;
export const complete: [Missing] extends [never] ? true : Missing = true;
