import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CACHE } from "../../stack/processes/cache.mjs";

const SOURCE = fileURLToPath(new URL("ferretdb/", import.meta.url));

/** What the binary is made from, hashes of all modules included. */
const FILES = ["main.go", "go.mod", "go.sum"];

/** FerretDB v1 with SQLite, an independent server that speaks MongoDB's protocol; where a Go toolchain can build it. */
export async function startFerretdb(_version, say) {
  return runFerretdb(await buildFerretdb(say));
}

/**
 * The binary's path; built where this version of it has not been yet.
 * @param {(text: string) => void} say
 */
export async function buildFerretdb(say) {
  const hash = createHash("sha256");
  for (const name of FILES) hash.update(readFileSync(join(SOURCE, name)));
  const binary = join(
    CACHE,
    `ferretdb-${process.platform}-${process.arch}-${hash.digest("hex").slice(0, 16)}`,
  );
  if (existsSync(binary)) return binary;
  mkdirSync(CACHE, { recursive: true });
  say("building FerretDB v1 for the tests of MongoDB; this takes about a minute, once");
  const partial = `${binary}.${process.pid}`;
  try {
    await promisify(execFile)("go", ["build", "-tags=ferretdb_no_postgresql", "-o", partial, "."], {
      cwd: SOURCE,
      env: { ...process.env, GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" },
      timeout: 8 * 60_000,
    });
  } catch (error) {
    rmSync(partial, { force: true });
    if (error.code === "ENOENT") throw new Error("FerretDB could not be built: there is no `go` on the PATH");
    throw new Error(`FerretDB could not be built:\n${error.stderr || error.message}`);
  }
  renameSync(partial, binary);
  return binary;
}

/**
 * Keeps its data in `data` where that is given, and throws it away otherwise. `address` is `host:port`.
 * @param {string} binary
 * @param {{ data?: string, address?: string }} options
 */
export async function runFerretdb(binary, { data, address = "127.0.0.1:0" } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), "solitude-ferretdb-"));
  // It keeps a file of its own state where it is started. It ends with its standard input, so with us.
  const server = spawn(binary, [folder, address], { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const clean = () => {
    if (data === undefined) rmSync(folder, { recursive: true, force: true });
  };
  let log = "";
  server.stderr.on("data", (text) => {
    if (log.length < 10_000) log += text;
  });
  const url = await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`FerretDB did not start:\n${log}`)));
    server.stdout.once("data", (line) => resolve(String(line).trim()));
  }).catch((error) => {
    clean();
    throw error;
  });
  return {
    url,
    /** Without giving it time for anything. */
    async kill() {
      server.kill("SIGKILL");
      await ended;
    },
    async stop() {
      server.stdin.end();
      await ended;
      clean();
    },
  };
}
