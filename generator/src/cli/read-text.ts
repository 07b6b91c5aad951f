import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ReadText } from "../diagnostics/source-texts.ts";

/** Reads the files that spans name, which are relative to the configuration's folder. */
export function readTextIn(root: string): ReadText {
  return (file) => {
    try {
      return readFileSync(resolve(root, file), "utf8");
    } catch {
      return undefined;
    }
  };
}
