import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runFolder } from "./shared-server.ts";

// What suites ask of the same program or server, with the same answer for the whole run. Two that ask at once both find out.

/** Gives what a suite of this run has found out before; undefined for the first that asks. */
export function recall<T>(name: string): T | undefined {
  try {
    return JSON.parse(readFileSync(placeOf(name), "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Keeps what was found out for the suites that come. */
export function remember<T>(name: string, found: T): T {
  const temporary = `${placeOf(name)}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(found));
  renameSync(temporary, placeOf(name));
  return found;
}

const placeOf = (name: string): string => join(runFolder(), `found-${name}.json`);
