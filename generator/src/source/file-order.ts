import { basename } from "../files/paths.ts";

interface SortKey {
  /** -1 before all, 0 numbered, 1 by name, 2 Flyway's repeatables, 3 after all. */
  readonly group: number;
  readonly version: readonly bigint[];
}

/** Flyway's callbacks when it migrates. */
const CALLBACK =
  /^(before|after)(?:Each)?(?:Migrate|Versioned|Repeatables)(?:Applied|Statement)?(?:__.*)?\.sql$/;
/** The names of Flyway's migrations, and refinery's. */
const VERSIONED = /^(?:[VBU]\d+(?:[._]\d+)*|R)__/;

/** Tells whether a file's name is one of Flyway's, whose versions count over all folders. */
export function isVersioned(path: string): boolean {
  const name = basename(path);
  return VERSIONED.test(name) || CALLBACK.test(name);
}

/** Gives the version of a migration of Flyway's as it counts: `1.2` of `V01_2__a.sql` and of `V1.2__b.sql`; null for others. */
export function flywayVersionOf(path: string): string | null {
  const written = /^V(\d+(?:[._]\d+)*)__/.exec(basename(path))?.[1];
  if (written === undefined) return null;
  const parts = written.split(/[._]/).map((part) => String(BigInt(part)));
  return parts.join(".").replace(/(?:\.0)+$/, "");
}

/** The order in which Flyway applies files, in whatever folders they lie. */
export function compareVersions(a: string, b: string): number {
  return compareNames(basename(a), basename(b)) || compareFiles(a, b);
}

function sortKey(name: string): SortKey {
  if (/^R__/.test(name)) return { group: 2, version: [] };
  const callback = CALLBACK.exec(name)?.[1];
  if (callback !== undefined) return { group: callback === "after" ? 3 : -1, version: [] };
  const number = /^[VBU](\d+(?:[._]\d+)*)__/.exec(name)?.[1] ?? /^\d+(?:\.\d+)*/.exec(name)?.[0];
  if (number === undefined) return { group: 1, version: [] };
  return { group: 0, version: number.split(/[._]/).map(BigInt) };
}

function compareNames(a: string, b: string): number {
  const left = sortKey(a);
  const right = sortKey(b);
  if (left.group !== right.group) return left.group - right.group;
  for (let i = 0; i < Math.max(left.version.length, right.version.length); i++) {
    const x = left.version[i] ?? 0n;
    const y = right.version[i] ?? 0n;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The order in which migrations apply: numbered files by number (`2_x` before `10_y`, `V2__` before `V10__`), then the
 * others by name, Flyway's repeatable ones last. Paths are compared folder by folder.
 */
export function compareFiles(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareNames(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
