import type { Diagnostic } from "../model/diagnostic.ts";

const CONFLICT = /^<{7}(?: [^\r\n]*)?\r?$[\s\S]*?^={7}\r?$[\s\S]*?^>{7}/m;

/** Says of a text that has the marks of a merge which is not finished where they begin; null where it has none. */
export function mergeProblem(file: string, text: string): Diagnostic | null {
  if (!text.includes("<<<<<<<")) return null;
  const at = CONFLICT.exec(text)?.index;
  if (at === undefined) return null;
  return {
    code: "file-conflict",
    severity: "error",
    message: `a merge is not finished in ${file}: the marks of a conflict stand there`,
    hint: "Take one of the two sides, or both, and the marks out.",
    span: { file, start: at, end: at + 7 },
  };
}
