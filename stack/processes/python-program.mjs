import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE } from "./cache.mjs";
import { lockWhenFree } from "./lock.mjs";

const WINDOWS = process.platform === "win32";
const call = promisify(execFile);

/**
 * Gives the path of a program that PyPI has; installed into a virtual environment of its own where this version of it has not been yet.
 * @param {object} options
 * @param {string} options.name for messages
 * @param {string} options.requirements a file of pip's that names all packages with the hashes of their builds
 * @param {string} options.program the command's name
 * @param {() => void} [options.onInstall] called before it is installed
 * @returns {Promise<string>}
 * @throws Error where there is no Python, or the packages cannot be had
 */
export async function installPythonProgram({ name, requirements, program, onInstall = () => {} }) {
  const python = await findPython(name);
  const pinned = createHash("sha256").update(readFileSync(requirements)).update(python.version).digest("hex");
  const own = `${name.toLowerCase()}-${process.platform}-${process.arch}-${pinned.slice(0, 16)}`;
  const folder = join(CACHE, own);
  const path = join(folder, WINDOWS ? `Scripts/${program}.exe` : `bin/${program}`);
  const complete = join(folder, "complete");
  if (existsSync(complete)) return path;
  mkdirSync(CACHE, { recursive: true });
  onInstall();
  // An environment's scripts name its folder, so that it is made where it stays; whoever comes second waits for the first.
  const release = await lockWhenFree(`${folder}.lock`);
  try {
    if (existsSync(complete)) return path;
    rmSync(folder, { recursive: true, force: true });
    try {
      const interpreter = join(folder, WINDOWS ? "Scripts/python.exe" : "bin/python");
      // To put a pip of its own into the environment is five seconds of a processor: Python's own serves where it can.
      const [without, pip] = python.canInstallElsewhere
        ? [["--without-pip"], [python.command, "-m", "pip", "--python", interpreter]]
        : [[], [interpreter, "-m", "pip"]];
      await call(python.command, ["-m", "venv", ...without, folder], { timeout: 2 * 60_000 });
      const [command, ...args] = pip;
      const options = [
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--timeout=30",
      ];
      const pinned = ["--require-hashes", "--no-deps", "-r", requirements];
      await call(command, [...args, "install", ...options, ...pinned], { timeout: 6 * 60_000 });
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`${name} could not be installed:\n${error.stderr || error.message}`);
    }
    mkdirSync(complete);
    return path;
  } finally {
    release();
  }
}

/** Says its version, and that of its pip, which Debian has in a package of its own. */
const ASK = `import sys, venv
from importlib import metadata, util
print(sys.version.replace("\\n", " "))
print(metadata.version("pip") if util.find_spec("pip") else "0")`;

/** @returns {Promise<{ command: string, version: string, canInstallElsewhere: boolean }>} */
async function findPython(name) {
  let problem = "there is no `python3` on the PATH";
  for (const command of WINDOWS ? ["python", "py"] : ["python3", "python"]) {
    try {
      const { stdout } = await call(command, ["-c", ASK]);
      const [version, pip] = stdout.trim().split(/\r?\n/);
      const [major, minor] = version.split(".").map(Number);
      // Since pip 22.3 there is `--python`.
      const canInstallElsewhere = Number.parseFloat(pip) >= 22.3;
      if (major === 3 && minor >= 10) return { command, version, canInstallElsewhere };
      problem = `it needs Python 3.10, and ${command} is ${major}.${minor}`;
    } catch (error) {
      if (error.code !== "ENOENT") problem = error.stderr || error.message;
    }
  }
  throw new Error(`${name} could not be installed: ${problem}`);
}
