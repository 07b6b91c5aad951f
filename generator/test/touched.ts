import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** What the last commits have changed, as the run's setup has found it (tests/servers/global-setup.mjs). */
interface Touched {
  /** The commit before them. */
  readonly since: string;
  /** Files that are not as they were there, from the repository's root. */
  readonly paths: readonly string[];
}

/** Gives null where there is no history, as in a clone of one commit. */
function readTouched(): Touched | null {
  const file = join(process.env.SOLITUDE_TEST_RUN ?? "", "touched.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Touched) : null;
}

const TOUCHED = readTouched();

/**
 * Tells whether one of the last commits, or nobody's yet, has changed a file.
 * @param path a file, or a folder for all below it, from the repository's root
 */
export function isTouched(path: string): boolean {
  return TOUCHED?.paths.some((one) => one === path || one.startsWith(`${path}/`)) ?? false;
}

/** A text without what tells it from the literal that code has for it. */
const plain = (text: string): string => text.replace(/\\n|[\s\\"'`]/g, "");

/**
 * Gives what tells whether the last commits have written a row of a table that is a file of code: whether one of its texts did not stand there
 * before. What code puts together of more than whole statements is taken for written as long as its file is touched.
 * @param path from the repository's root
 */
export function rowsWrittenIn(path: string): (row: unknown) => boolean {
  if (TOUCHED === null || !isTouched(path)) return () => false;
  const { stdout } = spawnSync("git", ["show", `${TOUCHED.since}:${path}`], { cwd: ROOT, encoding: "utf8" });
  return writtenSince(stdout);
}

/** Gives what tells whether a row has a text that a file of code does not have. */
export function writtenSince(before: string): (row: unknown) => boolean {
  const known = plain(before);
  return (row) => textsIn(row).some((text) => !text.split(";").every((part) => known.includes(plain(part))));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, one]) =>
    Array.isArray(value) ? textsIn(one) : [key, ...textsIn(one)],
  );
}
