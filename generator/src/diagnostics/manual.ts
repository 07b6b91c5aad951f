import { readFile } from "node:fs/promises";

/** What docs/diagnostics.md says of a code. */
export interface ManualEntry {
  readonly code: string;
  /** The heading that it stands under. */
  readonly section: string;
  readonly meaning: string;
  readonly mend: string;
}

/** In the order of the manual. @throws where the package is incomplete */
export async function readManual(): Promise<ManualEntry[]> {
  for (const place of ["./diagnostics.md", "../../../docs/diagnostics.md"]) {
    try {
      return parseManual(await readFile(new URL(place, import.meta.url), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error("diagnostics.md is missing from the package");
}

function parseManual(markdown: string): ManualEntry[] {
  const entries: ManualEntry[] = [];
  let section = "";
  for (const line of markdown.split(/\r?\n/)) {
    section = /^## (.+)$/.exec(line)?.[1] ?? section;
    const [, code, meaning, mend] = /^\| `([a-z-]+)` *\| (.*?) *(?<!\\)\| (.*?) *\|$/.exec(line) ?? [];
    if (code === undefined || meaning === undefined || mend === undefined) continue;
    entries.push({ code, section, meaning: unescaped(meaning), mend: unescaped(mend) });
  }
  return entries;
}

/** A bar inside a cell has a backslash. */
const unescaped = (cell: string): string => cell.replaceAll("\\|", "|");
