import { isAscii } from "node:buffer";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PGliteModule } from "./analysing-pglite.ts";

const require = createRequire(import.meta.url);
/** From the bundle, and from the sources. */
const RUNNER = ["../bin/compiled-code.js", "../../bin/compiled-code.js"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

export interface CompiledPGlite {
  readonly exports: PGliteModule;
  /** Keeps the code that V8 has made of it by then; null where that was kept. */
  readonly keep: (() => void) | null;
}

/**
 * Reads PGlite's module, to be run with the code that V8 made of it in an earlier run: to compile its half a megabyte takes longer than all
 * else that is loaded with it, and Node keeps none of that.
 * @returns what runs it, and gives null where it is to be imported as usual
 */
export function readPGlite(): () => CompiledPGlite | null {
  const runner = RUNNER.find((path) => existsSync(path));
  if (runner === undefined) return () => null;
  const { runText } = require(runner) as {
    runText(source: object, variables: object): CompiledPGlite | null;
  };
  const file = require.resolve("@electric-sql/pglite");
  const bytes = readFileSync(file);
  const text = withoutImports(bytes.toString(isAscii(bytes) ? "latin1" : "utf8"));
  if (text === null) return () => null;
  const version = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  const variables = {
    // It makes an address of it, by `file:` in front.
    __filename: pathToFileURL(file).pathname,
    importBuiltin: async (name: string): Promise<unknown> => require(name),
  };
  return () => runText({ file, text, version, of: "pglite" }, variables);
}

/** Has what a module imports of Node required: code that was compiled before cannot import. Null where it imports anything else. */
export function withoutImports(text: string): string | null {
  const parts = text.split("import(");
  const isOfNode = (part: string): boolean => isBuiltin(/^["']([\w:/]+)["']\)/.exec(part)?.[1] ?? "");
  const isAnother = parts.some(
    (part, i) => (i > 0 && !isOfNode(part)) || (i < parts.length - 1 && /[\w$.]$/.test(part.slice(-1))),
  );
  return isAnother ? null : parts.join("importBuiltin(");
}
