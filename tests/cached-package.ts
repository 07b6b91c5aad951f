import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reportNotTested } from "./servers/not-tested.ts";

const CACHE = fileURLToPath(new URL("../node_modules/.cache/consumers", import.meta.url));

/**
 * Gives the folder of a package that only some tests need, installed once below node_modules/.cache; undefined, and said in the summary,
 * where it cannot be had.
 * @param what its version, or `npm:<name>@<version>`
 * @param tested what is not tested without it
 */
export function cachedPackage(alias: string, what: string, tested: string): string | undefined {
  const folder = join(CACHE, `${alias}@${what}`.replace(/[^\w.-]/g, "_"));
  const target = join(folder, "node_modules", alias);
  if (existsSync(join(target, "package.json"))) return target;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { status, stdout, stderr, error } = spawnSync("npm", ["install", ...options, `${alias}@${what}`], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status === 0) return target;
  const said = `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim();
  reportNotTested(`${what} could not be installed: ${said.slice(0, 200)}`, tested);
  return undefined;
}
