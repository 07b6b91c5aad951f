import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** How far back what was changed counts as touched. */
const SINCE = "HEAD~10";

/**
 * Gives which files the last commits have changed, and nobody has committed yet; null where there is no history.
 * @returns {{ since: string, paths: readonly string[] } | null}
 */
export function touchedLately() {
  const since = git("rev-parse", "--verify", "--quiet", SINCE);
  if (since === null) return null;
  const [changed, added] = [
    git("diff", "--name-only", "-z", since.trim()),
    git("ls-files", "--others", "--exclude-standard", "-z"),
  ];
  return { since: since.trim(), paths: `${changed}${added}`.split("\0").filter((path) => path !== "") };
}

/** Gives a number for the commit that is tested: which slice of each matrix runs (generator/test/long-form.ts). */
export function sliceOfCommit() {
  return String(Number.parseInt(git("rev-parse", "HEAD")?.slice(0, 6) ?? "", 16) || 0);
}

/** @param {string[]} args */
function git(...args) {
  const { status, stdout } = spawnSync("git", args, {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  return status === 0 ? stdout : null;
}
