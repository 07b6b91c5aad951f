import { accessSync, constants, existsSync, lstatSync, readlinkSync, statSync } from "node:fs";
import { dirname, join, parse, relative, resolve, sep } from "node:path";
import type { FSWatcher } from "chokidar";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Inputs } from "../../project/inputs.ts";

/** How long nothing must happen for a change to be over: editors write a file in several steps, git a thousand of them. */
const QUIET_MS = 25;
/** How long one waits at most while something goes on. */
const LONGEST_MS = 1_000;
/** How long the library may take to tell what the system has told of a file; what it makes nothing of is told then. */
const UNTOLD_MS = 300;
/** How often is looked at what the system tells nothing of. */
const LOOK_MS = 500;
/** How long one waits at most until something is watched. */
const BEGIN_MS = 5_000;

/** What may have changed, by absolute path: whether it is there and what it is, or only what stands in it. */
export type Changes = ReadonlyMap<string, "place" | "contents">;

/** A folder that is watched, and who waits until it is. */
interface Place {
  readonly watcher: FSWatcher;
  readonly settle: () => void;
}

type Watch = typeof import("chokidar").watch;

/**
 * Tells when something may have changed of what a project is read from. Folders are watched, not files: then a file that an editor
 * replaces, or that comes only later, is seen too. Each has a watcher of its own, since one says only once that it stands.
 */
export class InputWatcher {
  readonly #watch: Watch;
  readonly #onChange: (changes: Changes) => void;
  /** By kind and path. */
  readonly #places = new Map<string, Place>();
  /** Which folder each path led to when it was watched: another one that takes its place is watched in its stead. */
  readonly #identities = new Map<string, string>();
  /** What cannot be read, and so not be watched, by what it is like. */
  readonly #unreadable = new Map<string, string>();
  /** What the system has told, and the library not yet, by when. */
  readonly #untold = new Map<string, NodeJS.Timeout>();
  #isBroken = false;
  #looking: NodeJS.Timeout | null = null;
  /** Why the system watches no more; null where it does. */
  #lack: string | null = null;
  #changed = new Map<string, "place" | "contents">();
  #since = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(watch: Watch, onChange: (changes: Changes) => void) {
    this.#watch = watch;
    this.#onChange = onChange;
  }

  /**
   * @param onChange is told what may have changed
   * @param watch stands in for the library's
   */
  static async start(onChange: (changes: Changes) => void, watch?: Watch): Promise<InputWatcher> {
    return new InputWatcher(watch ?? (await import("chokidar")).watch, onChange);
  }

  /** Says that the system gives no more watches, where it does not. */
  get problem(): Diagnostic | null {
    if (this.#lack === null) return null;
    return {
      code: "watch-limit",
      severity: "warning",
      message: `the system watches no more files for this user (${this.#lack}): they are looked at every ${LOOK_MS} ms instead`,
      hint: "On Linux raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl, or end what else watches files.",
    };
  }

  /**
   * Watches what a project is read from now, in place of what it was read from before.
   *
   * @param isBroken whether something was found wrong with it, which what the library makes nothing of may mend
   * @returns when all of it is watched: true if some was not before, so that a change may have been missed since it was read
   */
  async use(inputs: Pick<Inputs, "folders" | "trees">, isBroken = false): Promise<boolean> {
    this.#isBroken = isBroken;
    const folders = inputs.folders.map(nearest);
    const trees = inputs.trees.map(nearest);
    const wanted = new Map<string, { readonly path: string; readonly isTree: boolean }>();
    for (const path of [...folders, ...[...folders, ...trees].flatMap(linksOn)])
      wanted.set(`folder ${path}`, { path, isTree: false });
    for (const path of trees) wanted.set(`tree ${path}`, { path, isTree: true });
    // The library shares what watches a path, also of a folder that is no longer there: all let go of it.
    const isAnother = [...wanted.values()].map(({ path }) => this.#isAnother(path)).includes(true);
    for (const key of [...this.#places.keys()]) if (isAnother || !wanted.has(key)) this.#drop(key);
    this.#unreadable.clear();
    const ready = [...wanted].flatMap(([key, { path, isTree }]) => {
      if (this.#places.has(key)) return [];
      if (isReadable(path)) return [this.#begin(key, path, isTree)];
      this.#unreadable.set(path, identityOf(path));
      return [];
    });
    this.#lookAgain();
    await Promise.all(ready);
    return ready.length > 0;
  }

  #isAnother(path: string): boolean {
    const identity = identityOf(path);
    const before = this.#identities.get(path);
    this.#identities.set(path, identity);
    return before !== undefined && before !== identity;
  }

  /** Gives a promise for when it is watched. */
  #begin(key: string, path: string, isTree: boolean): Promise<void> {
    const watcher = this.#watch(path, {
      ignoreInitial: true,
      ignorePermissionErrors: true,
      // What leads there is the user's to name.
      ignored: (one) => isNoSource(relative(path, one)),
      // With it, the library overlooks a folder of such a name.
      atomic: !LIKE_TEMPORARY.test(path),
      ...(isTree ? {} : { depth: 0 }),
      ...(this.#lack === null ? {} : { usePolling: true, interval: LOOK_MS, binaryInterval: LOOK_MS }),
    });
    watcher.on("all", (event, changed) => {
      if (event === "unlinkDir") this.#leave(changed);
      this.#note(changed, event === "change" ? "contents" : "place");
    });
    watcher.on("raw", (_, name, details) => this.#hear(path, isTree, name, details));
    return new Promise((settle) => {
      this.#places.set(key, { watcher, settle });
      let isLate = false;
      const late = setTimeout(() => {
        isLate = true;
        settle();
      }, BEGIN_MS);
      watcher.once("ready", () => {
        clearTimeout(late);
        if (isLate) this.#note("", "place");
        settle();
      });
      watcher.on("error", (error) => {
        const { code } = error as NodeJS.ErrnoException;
        if (LACKS.has(code ?? "") && this.#lack === null) this.#lookInstead(code!);
        // What cannot be watched any more has gone, which shows when the project is read.
        else this.#note("", "place");
        clearTimeout(late);
        settle();
      });
    });
  }

  /** Has everything looked at again and again, from the next round on. */
  #lookInstead(code: string): void {
    this.#lack = code;
    for (const key of [...this.#places.keys()]) this.#drop(key);
    this.#note("", "place");
  }

  /** Tells what the library keeps to itself (a file's rights, a link that led nowhere), when it has had its time. */
  #hear(place: string, isTree: boolean, name: string | null, details: unknown): void {
    const { watchedPath = place } = details as { readonly watchedPath?: string };
    // Of what lies deeper, and of a file that it watches besides its folder, only the library knows.
    if (!name || this.#lack !== null || !(isTree ? isFolder(watchedPath) : watchedPath === place)) return;
    const path = join(watchedPath, name);
    if (isNoSource(relative(place, path))) return;
    clearTimeout(this.#untold.get(path));
    const tell = (): void => {
      this.#untold.delete(path);
      // A temporary file has come and gone.
      if (this.#isBroken || existsSync(path)) this.#note(path, "place");
    };
    this.#untold.set(path, setTimeout(tell, UNTOLD_MS));
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#looking !== null) clearInterval(this.#looking);
    for (const timer of this.#untold.values()) clearTimeout(timer);
    await Promise.all([...this.#places.values()].map(({ watcher }) => watcher.close()));
  }

  /** Looks at what cannot be read as long as there is any of it. */
  #lookAgain(): void {
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#looking = null;
    if (this.#unreadable.size === 0) return;
    this.#looking = setInterval(() => {
      for (const [path, before] of this.#unreadable) {
        const now = identityOf(path);
        if (now === before && !isReadable(path)) continue;
        this.#unreadable.set(path, now);
        this.#note(path, "place");
      }
    }, LOOK_MS);
  }

  /** A folder that comes in the place of one that has gone is another one, and is watched anew. */
  #leave(path: string): void {
    for (const key of [`folder ${path}`, `tree ${path}`]) {
      const place = this.#places.get(key);
      place?.settle();
      // Not at once: who tells of it still has it in hand.
      if (place !== undefined) setImmediate(() => this.#drop(key, place));
    }
  }

  #drop(key: string, place = this.#places.get(key)): void {
    if (this.#places.get(key) === place) this.#places.delete(key);
    if (place === undefined) return;
    place.settle();
    void place.watcher.close();
    // What was under way may still fail.
    place.watcher.on("error", () => {});
  }

  #note(path: string, what: "place" | "contents"): void {
    clearTimeout(this.#untold.get(path));
    this.#untold.delete(path);
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

const LIKE_TEMPORARY = /~$|\.sw[px]$|\.subl.*\.tmp/;

/** No space for one more watch (of that user), too many instances (of that user, of all). */
const LACKS = new Set(["ENOSPC", "EMFILE", "ENFILE"]);

/** A folder that is not there yet shows in the one above it. */
function nearest(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Tells a folder from every other that may stand at its path, by whatever links it is reached. */
function identityOf(path: string): string {
  try {
    const { dev, ino, mode, birthtimeMs } = statSync(path);
    return [dev, ino, mode, birthtimeMs].join(" ");
  } catch {
    return "";
  }
}

/** Gives the folders of the links by which a path is reached: where one of them is set anew, it leads elsewhere. */
function linksOn(path: string): string[] {
  const folders: string[] = [];
  const { root } = parse(path);
  let at = root;
  const names = path.slice(root.length).split(sep);
  // Links may lead in circles.
  for (let left = 40; names.length > 0 && left > 0; ) {
    const next = join(at, names.shift()!);
    const target = linkTarget(next);
    if (target === null) {
      at = next;
      continue;
    }
    left--;
    folders.push(at);
    const leads = resolve(at, target);
    at = parse(leads).root;
    names.unshift(...leads.slice(at.length).split(sep));
  }
  return folders;
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}

/** Version control writes all the time, editors keep swap files, and we write beside what we replace. */
function isNoSource(path: string): boolean {
  return /(?:^|[/\\])\.git(?:[/\\]|$)|\.sw[px]$|~$|(?:^|[/\\])\.#|\.solitude-gen-\d+-[0-9a-f]+\.tmp$/.test(
    path,
  );
}
