import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { FSWatcher } from "chokidar";
import type { Inputs } from "../../project/inputs.ts";

/** How long nothing must happen for a change to be over: editors write a file in several steps, git a thousand of them. */
const QUIET_MS = 25;
/** How long one waits at most while something goes on. */
const LONGEST_MS = 1_000;

/**
 * Tells when something may have changed of what a project is read from. Folders are watched, not files: then a file that an editor
 * replaces, or that comes only later, is seen too.
 */
export class InputWatcher {
  readonly #onChange: (paths: ReadonlySet<string>) => void;
  readonly #folders: FSWatcher;
  readonly #trees: FSWatcher;
  #inFolders: ReadonlySet<string> = new Set();
  #inTrees: ReadonlySet<string> = new Set();
  #changed = new Set<string>();
  #since = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(
    watch: typeof import("chokidar").watch,
    onChange: (paths: ReadonlySet<string>) => void,
  ) {
    const common = { ignoreInitial: true, ignorePermissionErrors: true, ignored: isNoSource };
    this.#onChange = onChange;
    this.#folders = watch([], { ...common, depth: 0 });
    this.#trees = watch([], common);
    for (const watcher of [this.#folders, this.#trees]) {
      watcher.on("all", (_, path) => this.#note(path));
      // What cannot be watched any more has gone, which shows when the project is read.
      watcher.on("error", () => this.#note(""));
    }
  }

  /** @param onChange is told the absolute paths that may have changed */
  static async start(onChange: (paths: ReadonlySet<string>) => void): Promise<InputWatcher> {
    const { watch } = await import("chokidar");
    return new InputWatcher(watch, onChange);
  }

  /** Watches what a project is read from now, in place of what it was read from before. */
  async use(inputs: Inputs): Promise<void> {
    const folders = new Set(inputs.folders.map(nearest));
    const trees = new Set(inputs.trees.map(nearest));
    const ready: Promise<void>[] = [];
    for (const [watcher, before, after] of [
      [this.#folders, this.#inFolders, folders],
      [this.#trees, this.#inTrees, trees],
    ] as const) {
      const gone = [...before].filter((path) => !after.has(path));
      const more = [...after].filter((path) => !before.has(path));
      if (gone.length > 0) watcher.unwatch(gone);
      if (more.length === 0) continue;
      if (before.size === 0) ready.push(new Promise((done) => void watcher.once("ready", () => done())));
      watcher.add(more);
    }
    this.#inFolders = folders;
    this.#inTrees = trees;
    await Promise.all(ready);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await Promise.all([this.#folders.close(), this.#trees.close()]);
  }

  #note(path: string): void {
    const now = performance.now();
    if (this.#timer === null) this.#since = now;
    else clearTimeout(this.#timer);
    this.#changed.add(path);
    const left = this.#since + LONGEST_MS - now;
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, Math.min(QUIET_MS, left)));
  }

  #tell(): void {
    this.#timer = null;
    const changed = this.#changed;
    this.#changed = new Set();
    this.#onChange(changed);
  }
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
