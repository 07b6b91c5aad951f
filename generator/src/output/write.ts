import { dirname } from "node:path";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";
import type { OutputPlan, WantedFile } from "./plan.ts";
import { removeStaleTemporaryFiles, temporaryPath } from "./temporary-file.ts";

export interface WriteResult {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly removed: number;
}

interface Staged {
  readonly file: WantedFile;
  readonly temporary: string;
}

/**
 * Carries a plan out so that a reader, or a run that fails or is killed at any point, finds either the old output or
 * the new one: every file is first written beside its place, and only when all are there are they renamed, without
 * a pause in which a signal could be handled.
 */
export async function writeOutput(plan: OutputPlan, fs: FileSystem = nodeFileSystem): Promise<WriteResult> {
  if (plan.diagnostics.some((diagnostic) => diagnostic.severity === "error")) {
    throw new Error("a plan with errors must not be written");
  }
  for (const folder of plan.folders) await removeStaleTemporaryFiles(fs, folder);
  const changed = plan.wanted.filter((file) => file.kind !== "unchanged");
  const staged: Staged[] = [];
  const discard = (): void => {
    for (const { temporary } of staged) tryTo(() => fs.removeNow(temporary));
  };
  process.once("exit", discard);
  try {
    for (const folder of new Set(changed.map((file) => dirname(file.path)))) await fs.mkdir(folder);
    for (const file of changed) {
      const temporary = temporaryPath(file.path);
      staged.push({ file, temporary });
      const mode = (await fs.identify(file.path))?.mode ?? 0o666;
      await fs.write(temporary, file.contents, mode);
    }
    const taken = await takenByAnotherCase(plan, fs);
    commit(staged, fs);
    for (const { path } of plan.leftover) if (!taken.has(path)) fs.removeNow(path);
  } catch (error) {
    discard();
    throw error;
  } finally {
    process.removeListener("exit", discard);
  }
  const count = (kind: WantedFile["kind"]): number => plan.wanted.filter((file) => file.kind === kind).length;
  return {
    created: count("create"),
    updated: count("update"),
    unchanged: count("unchanged"),
    removed: plan.leftover.length,
  };
}

function commit(staged: readonly Staged[], fs: FileSystem): void {
  const done: WantedFile[] = [];
  try {
    for (const { file, temporary } of staged) {
      fs.renameNow(temporary, file.path);
      done.push(file);
    }
  } catch (error) {
    // Rare (a folder whose permissions changed meanwhile): put back what the renames before it replaced.
    for (const { path, previous } of done) {
      tryTo(() => (previous === null ? fs.removeNow(path) : fs.writeNow(path, previous)));
    }
    throw error;
  }
}

/** Left-over files that are, on a file system that ignores case, the very file that is about to be written. */
async function takenByAnotherCase(plan: OutputPlan, fs: FileSystem): Promise<Set<string>> {
  const wanted = new Map(plan.wanted.map((file) => [file.path.toLowerCase(), file.path]));
  const taken = new Set<string>();
  for (const { path } of plan.leftover) {
    const twin = wanted.get(path.toLowerCase());
    if (twin === undefined) continue;
    const [left, right] = await Promise.all([fs.identify(path), fs.identify(twin)]);
    if (left !== null && left.id === right?.id) taken.add(path);
  }
  return taken;
}

function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // What fails here was done on the way out of another failure, which is the one to report.
  }
}
