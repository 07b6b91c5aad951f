import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endProcess } from "./end-process.mjs";
import { freePort } from "./free-port.mjs";
import { installPythonProgram } from "./python-program.mjs";

const REQUIREMENTS = fileURLToPath(new URL("secantusdb/requirements.txt", import.meta.url));
/** Its process's number, in the folder of its data. */
export const PID_FILE = "server.pid";
const WINDOWS = process.platform === "win32";

/**
 * SecantusDB, a server on WiredTiger that speaks MongoDB's protocol and has its transactions, change streams and validators;
 * where Python can install it. It only ever runs as a process of its own, for its licence is the GPL.
 */
export async function startSecantusdb(_version, say) {
  const program = await installSecantusdb(say);
  return runSecantusdb(program, { args: ["--enable-test-commands"] });
}

/**
 * The program's path; installed where it has not been yet.
 * @param {(text: string) => void} say
 */
export function installSecantusdb(say) {
  return installPythonProgram({
    name: "SecantusDB",
    requirements: REQUIREMENTS,
    program: "secantusd-py",
    onInstall: () => say("installing SecantusDB for the tests of MongoDB; this takes a minute or less, once"),
  });
}

/**
 * Keeps its data in `data` where that is given, and throws it away otherwise. `address` is `host:port`.
 * @param {string} program
 * @param {{ data?: string, address?: string, args?: readonly string[] }} options
 */
export async function runSecantusdb(program, { data, address, args = [] } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), "solitude-secantusdb-"));
  const [host, port] = (address ?? `127.0.0.1:${await freePort()}`).split(":");
  // An empty file of settings: without one it takes what lies in the working folder or at home.
  const settings = join(folder, "settings.toml");
  writeFileSync(settings, "");
  const place = [
    "--config",
    settings,
    "--host",
    host,
    "--port",
    port,
    "--storage-path",
    join(folder, "data"),
  ];
  const server = spawn(program, [...place, ...args], {
    cwd: folder,
    // A group of its own, so that the terminal's ^C reaches us alone, and the server ends when we say so.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (server.pid !== undefined) writeFileSync(join(folder, PID_FILE), `${server.pid}\n`);
  let log = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (text) => {
      log = (log + text).slice(-10_000);
    });
  const closed = new Promise((resolve) => {
    server.once("error", (error) => resolve(error.message));
    server.once("close", () => resolve(log));
  });
  const endWatcher = endWithUs(server.pid);
  const ended = closed.then(async (last) => {
    await endWatcher();
    if (data === undefined) rmSync(folder, { recursive: true, force: true });
    return last;
  });
  const started = await Promise.race([ended, untilAnswers(host, Number(port))]);
  if (started !== true) {
    server.kill("SIGKILL");
    throw new Error(`SecantusDB did not start:\n${typeof started === "string" ? started : log}`);
  }
  return {
    url: `mongodb://${host}:${port}/`,
    /** Gives the last of its log, once none of its processes is left. */
    ended,
    /** Without giving it time for anything. */
    async kill() {
      server.kill("SIGKILL");
      await ended;
    },
    async stop() {
      await endProcess(server, ended, "SIGTERM");
    },
  };
}

/**
 * Starts a process that ends the server when we are gone, however we went. It has none of its own, which would outlive it.
 * @returns {() => Promise<void>} what ends it
 */
function endWithUs(pid) {
  if (WINDOWS || pid === undefined) return async () => {};
  const watcher = spawn("sh", ["-c", 'read -r _; kill "$1"', "sh", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = new Promise((resolve) => {
    watcher.once("error", resolve);
    watcher.once("close", resolve);
  });
  return async () => {
    watcher.kill("SIGKILL");
    await ended;
  };
}

/** Whether it did within a minute. */
async function untilAnswers(host, port) {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (await answers(host, port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

function answers(host, port) {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
