/** Paths with forward slashes, as configurations write them, wherever the process runs. */

/** Takes `.`, `..` and doubled slashes out of a path; `.` for one that leads nowhere. */
export function normalize(path: string): string {
  const isAbsolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !isAbsolute) parts.push(part);
  }
  const joined = parts.join("/");
  return isAbsolute ? `/${joined}` : joined || ".";
}

/** Joins paths, and normalizes what comes of it. */
export function join(...parts: readonly string[]): string {
  return normalize(parts.filter((part) => part !== "").join("/"));
}

/** The folder that a path lies in: `.` for a name alone. */
export function dirname(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  const slash = trimmed.lastIndexOf("/");
  return slash === -1 ? "." : slash === 0 ? "/" : trimmed.slice(0, slash);
}

/** A path's last name. */
export function basename(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1)!;
}

/** The way from a folder to a path, both seen from the same place. */
export function relative(folder: string, path: string): string {
  const from = normalize(folder)
    .split("/")
    .filter((part) => part !== ".");
  const to = normalize(path).split("/");
  let same = 0;
  while (same < from.length && same < to.length && from[same] === to[same]) same++;
  return [...from.slice(same).map(() => ".."), ...to.slice(same)].join("/") || ".";
}
