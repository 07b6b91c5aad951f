import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CONFIG_NAMES } from "../generator/src/config/config-names.ts";

/** Where checked-out projects lie, unless SOLITUDE_PROJECTS says otherwise. */
export const PROJECTS =
  process.env.SOLITUDE_PROJECTS ?? fileURLToPath(new URL("../../shared/cases/projects", import.meta.url));

/** Finds the configurations below a folder. */
export function configsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? configsIn(path) : CONFIG_NAMES.includes(entry.name) ? [path] : [];
  });
}

/** Chooses after how many files to cut a history: evenly, the last file always left out at least; `all` for every place. */
export function cutsOf(length: number, wanted: string): number[] {
  const all = Array.from({ length: length - 1 }, (_, i) => i + 1);
  const most = wanted === "all" ? all.length : Number(wanted);
  return all.filter(
    (_, i) =>
      most >= all.length || Math.floor((i * most) / all.length) !== Math.floor(((i - 1) * most) / all.length),
  );
}

/**
 * What came of each cut, a line each in the file that SOLITUDE_CUTS_LEDGER names: what stands there is not tried again. With
 * SOLITUDE_CUTS_SECONDS nothing new begins after so many of them. So hours are gone through in parts.
 */
export class CutLedger<T> {
  readonly #known = new Map<string, T>();
  readonly #path = process.env.SOLITUDE_CUTS_LEDGER;
  readonly #end = performance.now() + Number(process.env.SOLITUDE_CUTS_SECONDS ?? Infinity) * 1000;
  #left = 0;

  constructor() {
    if (this.#path === undefined || !existsSync(this.#path)) return;
    for (const line of readFileSync(this.#path, "utf8").split("\n").filter(Boolean)) {
      const { cut, outcome } = JSON.parse(line) as { readonly cut: string; readonly outcome: T };
      this.#known.set(cut, outcome);
    }
  }

  /** How many cuts there was no time for. */
  get left(): number {
    return this.#left;
  }

  get outcomes(): ReadonlyMap<string, T> {
    return this.#known;
  }

  /** Tells whether a cut is still to be tried, and whether there is time. */
  isDue(cut: string): boolean {
    if (this.#known.has(cut)) return false;
    const isLate = performance.now() > this.#end;
    if (isLate) this.#left++;
    return !isLate;
  }

  write(cut: string, outcome: T): void {
    this.#known.set(cut, outcome);
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify({ cut, outcome })}\n`);
  }
}
