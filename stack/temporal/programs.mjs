import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CACHE } from "../processes/cache.mjs";

const SOURCE = fileURLToPath(new URL("programs/", import.meta.url));

/** What the programs are made from, hashes of all modules included. */
const FILES = ["main.go", "go.mod", "go.sum"];
/** By their packages' last parts, which `go build` names them after, in the order in which they are built. */
const NAMES = { temporal: "application", server: "temporal-server", sql: "temporal-sql-tool" };
const PACKAGES = [".", "go.temporal.io/server/cmd/server", "go.temporal.io/server/cmd/tools/sql"];
const call = promisify(execFile);

/**
 * The folder with Temporal's server, its tool, its schema, and an application that uses it; undefined where this version of them
 * has not been built yet.
 * @returns {string | undefined}
 */
export function findTemporal() {
  const folder = folderOf();
  return existsSync(folder) ? folder : undefined;
}

/**
 * The same; built by Go from its module proxy where it is not there.
 * @param {(text: string) => void} say
 * @returns {Promise<string>}
 */
export async function buildTemporal(say) {
  const folder = folderOf();
  if (existsSync(folder)) return folder;
  say("building the Temporal server; this takes some minutes, once");
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const options = { cwd: SOURCE, env: { ...process.env, GOFLAGS: "-mod=readonly" }, timeout: 30 * 60_000 };
  try {
    await call("go", ["build", "-ldflags=-s -w", "-o", `${partial}/`, ...PACKAGES], options);
    for (const [from, to] of Object.entries(NAMES)) renameSync(join(partial, from), join(partial, to));
    const module = ["list", "-m", "-f", "{{.Dir}}", "go.temporal.io/server"];
    const { stdout } = await call("go", module, options);
    // Copied without their rights: in Go's cache nobody may write, nor throw away.
    const schema = join(stdout.trim(), "schema/postgresql");
    cpSync(schema, join(partial, "schema/postgresql"), { recursive: true, mode: 0 });
    await call("chmod", ["-R", "u+w", join(partial, "schema")]);
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (existsSync(folder)) return folder; // Another process was quicker.
    if (error.code === "ENOENT") throw new Error("Temporal could not be built: there is no `go` on the PATH");
    throw new Error(`Temporal could not be built:\n${error.stderr || error.message}`);
  }
  return folder;
}

function folderOf() {
  const hash = createHash("sha256");
  for (const name of FILES) hash.update(readFileSync(join(SOURCE, name)));
  return join(CACHE, `temporal-${process.platform}-${process.arch}-${hash.digest("hex").slice(0, 16)}`);
}
