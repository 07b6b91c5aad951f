import { spawn, spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** PostgreSQL from npm's binaries (the devDependencies pg16 and pg12), in a new data directory. */
export async function startBinaries(version) {
  const original = findNative(version);
  const user = process.getuid() === 0 ? nobody() : {};
  const home = mkdtempSync(join(tmpdir(), `solitude-postgres-${version}-`));
  try {
    if (user.uid !== undefined) chownSync(home, user.uid, user.gid);
    const native = readable(original, user) ? original : copyNative(original, home);
    const data = join(home, "data");
    const options = { ...user, cwd: home, env: { LD_LIBRARY_PATH: join(native, "lib"), TZ: "UTC" } };
    const initdb = spawnSync(
      join(native, "bin/initdb"),
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
      { ...options, encoding: "utf8" },
    );
    if (initdb.status !== 0) throw new Error(`pg${version}: initdb: ${initdb.error ?? initdb.stderr}`);
    const port = await freePort();
    const settings = {
      port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      shared_buffers: "64MB",
      max_connections: 60,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const server = spawn(join(native, "bin/postgres"), ["-D", data, ...flags], {
      ...options,
      stdio: ["ignore", "ignore", "pipe"],
    });
    await ready(server, version);
    const ended = new Promise((resolve) => server.once("exit", resolve));
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      async stop() {
        server.kill("SIGQUIT");
        await ended;
        rmSync(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

function findNative(version) {
  let native;
  try {
    // Its manifest is not exported; the entry point is dist/index.js.
    native = join(dirname(createRequire(import.meta.url).resolve(`pg${version}`)), "../native");
  } catch {
    throw new Error(`the package pg${version} is not installed (it exists for Linux on x64 only)`);
  }
  if (!existsSync(join(native, "lib/libpq.so.5"))) {
    // Its links, which npm cannot pack, are made by its postinstall, which --ignore-scripts leaves out.
    spawnSync(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: join(native, "..") });
  }
  return native;
}

/** PostgreSQL refuses to run as root. */
function nobody() {
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
  mkdirSync(copy);
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function ready(server, version) {
  return new Promise((resolve, reject) => {
    let log = "";
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`pg${version} did not start:\n${log}`)));
    server.stderr.on("data", (data) => {
      if (log.length < 10_000) log += data;
      if (log.includes("database system is ready to accept connections")) resolve();
    });
  });
}
