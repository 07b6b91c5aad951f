import { createRequire } from "node:module";
import type { ts } from "ts-morph";
import type { CompileError, Paths } from "./model.ts";
import { nativeErrors } from "./native-compiler.ts";
import type { Overlay } from "./overlay.ts";
import { PlainCompiler } from "./plain-compiler.ts";

/** The TypeScript that an application brings along, which alone knows what it accepts. */
export interface OwnCompiler {
  readonly version: string;
  /** Gives what does not compile outside of the generated code. */
  errors(overlay: Overlay): CompileError[];
}

/**
 * Finds the application's own TypeScript; null where it has none, and its version with the reason where it cannot be asked.
 * @param paths what its imports are led by, beside its own
 */
export function ownCompiler(tsconfig: string, paths: Paths): OwnCompiler | OtherCompiler | null {
  const require = createRequire(tsconfig);
  let version: string;
  try {
    ({ version } = require("typescript/package.json") as { version: string });
  } catch {
    return null;
  }
  try {
    if (Number.parseInt(version, 10) < 7) {
      const compiler = new PlainCompiler(require("typescript") as typeof ts, tsconfig, paths);
      return { version, errors: (overlay) => compiler.errors(overlay) };
    }
    const api = require("typescript/unstable/sync") as Parameters<typeof nativeErrors>[0];
    if (typeof api.API !== "function") throw new Error("it has no API");
    return { version, errors: (overlay) => nativeErrors(api, tsconfig, overlay, paths) };
  } catch (error) {
    return { version, refused: (error as Error).message };
  }
}

/** One that cannot be asked. */
export interface OtherCompiler {
  readonly version: string;
  readonly refused: string;
}
