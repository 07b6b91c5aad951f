const [major = ""] = process.versions.node.split(".");

/** Options for a Node process whose PGlite is over before V8 has optimized WebAssembly, which takes two fifths of what it does. */
export const SHORT_LIVED: readonly string[] = ["20", "22", "24"].includes(major)
  ? ["--no-wasm-dynamic-tiering", "--no-wasm-tier-up"]
  : [];

const setFlags = `import { setFlagsFromString } from "node:v8"; for (const flag of ${JSON.stringify(SHORT_LIVED)}) setFlagsFromString(flag);`;

/** The same for a process that another program starts, which is given this environment. */
export const SHORT_LIVED_BELOW: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(setFlags)}`,
};
