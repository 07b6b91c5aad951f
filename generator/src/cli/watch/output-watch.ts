import { existsSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import type { OutputPlan } from "../../output/plan.ts";
import type { Inputs } from "../../project/inputs.ts";

interface Round {
  readonly root: string;
  /** What was to be written, where that was found. */
  readonly plan?: OutputPlan;
  /** What was written, or null. */
  readonly written: OutputPlan | null;
  readonly inputs: Pick<Inputs, "folders" | "trees">;
}

/**
 * Tells which changes in the folders of the output matter: a file that has gone is to be put back, and what stood in the way may do so no longer.
 * What else happens there is our own writing, or somebody's who formats the files: who answered that would go on for ever.
 */
export class OutputWatch {
  #files = new Set<string>();
  #folders = new Set<string>();
  #isStuck = false;

  /** Takes note of a round; gives the folders to watch for the next. */
  follow({ root, plan, written, inputs }: Round, before: OutputPlan | null): readonly string[] {
    // Without folders nothing came to be wanted.
    const isPlanned = plan !== undefined && plan.folders.length > 0;
    const known = isPlanned ? plan : before;
    this.#isStuck = isPlanned && written === null;
    if (known === null) return [];
    this.#files = new Set(known.wanted.map(({ shown }) => resolve(root, shown)));
    const { folders, trees } = inputs;
    const isSource = (folder: string): boolean =>
      folders.includes(folder) || trees.some((tree) => `${folder}${sep}`.startsWith(`${tree}${sep}`));
    this.#folders = new Set(known.folders.filter((folder) => !isSource(folder)));
    return known.folders;
  }

  /** Tells whether a change at a path may ask for another round. */
  counts(path: string): boolean {
    if (this.#isStuck) return true;
    if (this.#files.has(path)) return !existsSync(path);
    return !this.#folders.has(dirname(path));
  }
}
