import type { WriteResult } from "../output/write.ts";
import { count } from "./count.ts";

/** `generated 7 files (3 changed, 1 removed) for 24 queries in 0.8 s` */
export function summarize(result: WriteResult, queries: number): string {
  const changed = result.created + result.updated;
  const total = changed + result.unchanged;
  const what = [
    changed === 0 ? "none changed" : changed === total ? "all new or changed" : `${changed} changed`,
  ];
  if (result.removed > 0) what.push(`${result.removed} removed`);
  return `generated ${count(total, "file")} (${what.join(", ")}) for ${count(queries, "query", "queries")} in ${elapsed()}`;
}

/** `7 files for 24 queries up to date, checked in 0.2 s` */
export function upToDate(files: number, queries: number): string {
  return `${count(files, "file")} for ${count(queries, "query", "queries")} up to date, checked in ${elapsed()}`;
}

/** Since the process started, which is what a user waits for. */
function elapsed(): string {
  return `${(performance.now() / 1000).toFixed(1)} s`;
}
