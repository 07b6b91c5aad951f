const [major = ""] = process.versions.node.split(".");

/** Options for a Node process whose PGlite is over before V8 has optimized WebAssembly, which takes two fifths of what it does. */
export const SHORT_LIVED: readonly string[] = ["20", "22", "24"].includes(major)
  ? ["--no-wasm-dynamic-tiering", "--no-wasm-tier-up"]
  : [];
