import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { FSWatcher } from "chokidar";
import type { Inputs } from "../../project/inputs.ts";

/** How long nothing must happen for a change to be over: editors write a file in several steps, git a thousand of them. */
const QUIET_MS = 25;
/** How long one waits at most while something goes on. */
const LONGEST_MS = 1_000;

/** What may have changed, by absolute path: whether it is there and what it is, or only what stands in it. */
export type Changes = ReadonlyMap<string, "place" | "contents">;

/** By absolute path: what watches it, and who waits until it does. */
type Places = Map<string, { readonly watcher: FSWatcher; readonly settle: () => void }>;

/**
 * Tells when something may have changed of what a project is read from. Folders are watched, not files: then a file that an editor
 * replaces, or that comes only later, is seen too. Each has a watcher of its own, since one says only once that it stands.
 */
export class InputWatcher {
  readonly #watch: typeof import("chokidar").watch;
  readonly #onChange: (changes: Changes) => void;
  readonly #folders: Places = new Map();
  readonly #trees: Places = new Map();
  #changed = new Map<string, "place" | "contents">();
  #since = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(watch: typeof import("chokidar").watch, onChange: (changes: Changes) => void) {
    this.#watch = watch;
    this.#onChange = onChange;
  }

  /** @param onChange is told what may have changed */
  static async start(onChange: (changes: Changes) => void): Promise<InputWatcher> {
    const { watch } = await import("chokidar");
    return new InputWatcher(watch, onChange);
  }

  /**
   * Watches what a project is read from now, in place of what it was read from before.
   *
   * @returns when all of it is watched: true if some was not before, so that a change may have been missed since it was read
   */
  async use(inputs: Pick<Inputs, "folders" | "trees">): Promise<boolean> {
    const ready = [
      ...this.#replace(this.#folders, inputs.folders, { depth: 0 }),
      ...this.#replace(this.#trees, inputs.trees, {}),
    ];
    await Promise.all(ready);
    return ready.length > 0;
  }

  /** Gives a promise for each place that is watched anew. */
  #replace(places: Places, paths: readonly string[], options: { readonly depth?: number }): Promise<void>[] {
    const wanted = new Set(paths.map(nearest));
    for (const path of places.keys()) if (!wanted.has(path)) drop(places, path);
    return [...wanted]
      .filter((path) => !places.has(path))
      .map((path) => {
        const watcher = this.#watch(path, {
          ignoreInitial: true,
          ignorePermissionErrors: true,
          ignored: isNoSource,
          ...options,
        });
        watcher.on("all", (event, changed) => {
          if (event === "unlinkDir") this.#leave(changed);
          this.#note(changed, event === "change" ? "contents" : "place");
        });
        // What cannot be watched any more has gone, which shows when the project is read.
        watcher.on("error", () => this.#note("", "place"));
        return new Promise((settle) => {
          watcher.once("ready", settle);
          places.set(path, { watcher, settle });
        });
      });
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const places = [...this.#folders.values(), ...this.#trees.values()];
    await Promise.all(places.map(({ watcher }) => watcher.close()));
  }

  /** A folder that comes in the place of one that has gone is another one, and is watched anew. */
  #leave(path: string): void {
    for (const places of [this.#folders, this.#trees]) {
      const place = places.get(path);
      place?.settle();
      // Not at once: who tells of it still has it in hand.
      if (place !== undefined) setImmediate(() => drop(places, path, place));
    }
  }

  #note(path: string, what: "place" | "contents"): void {
    const now = performance.now();
    if (this.#timer === null) this.#since = now;
    else clearTimeout(this.#timer);
    if (this.#changed.get(path) !== "place") this.#changed.set(path, what);
    const left = this.#since + LONGEST_MS - now;
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, Math.min(QUIET_MS, left)));
  }

  #tell(): void {
    this.#timer = null;
    const changed = this.#changed;
    this.#changed = new Map();
    this.#onChange(changed);
  }
}

function drop(places: Places, path: string, place = places.get(path)): void {
  if (places.get(path) === place) places.delete(path);
  void place?.watcher.close();
}

/** A folder that is not there yet shows in the one above it. */
function nearest(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Version control writes all the time, and editors keep swap files. */
function isNoSource(path: string): boolean {
  return /[/\\]\.git(?:[/\\]|$)|\.sw[px]$|~$|[/\\]\.#/.test(path);
}
