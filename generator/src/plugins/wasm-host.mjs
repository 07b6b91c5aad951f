// Runs a plugin that is WebAssembly, in a process of its own: `node wasm-host.mjs <file> <method>`. It has standard input and
// output and the variables it was given; no file system and no network.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [, , file, method] = process.argv;
const wasi = new WASI({
  version: "preview1",
  args: ["plugin.wasm", method],
  env: process.env,
  preopens: {},
  returnOnExit: true,
});
try {
  const { instance } = await WebAssembly.instantiate(readFileSync(file), wasi.getImportObject());
  process.exitCode = wasi.start(instance);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
