import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(HERE, "../../../node_modules");

/**
 * Gives the entry of the CLI bundled as for release, but for the stand-in steps. The first suite of a run that asks has it made, and all run the
 * same.
 */
export async function buildCli(): Promise<string> {
  const run = process.env.SOLITUDE_TEST_RUN;
  if (run === undefined)
    throw new Error("jest ran without its global setup (tests/servers/global-setup.mjs)");
  const outdir = join(run, "stand-in-cli");
  const [entry, failure] = [join(outdir, "cli.cjs"), join(outdir, "failure")];
  const isMade = join(outdir, "made");
  if (claim(outdir)) {
    // Packages outside of the bundle are found as from the package.
    symlinkSync(PACKAGES, join(outdir, "node_modules"), "junction");
    const made = await runProcess(
      process.execPath,
      ["--input-type=module", "-e", BUNDLE, outdir, join(HERE, "stand-in/pipeline.ts")],
      {},
    );
    writeFileSync(made.code === 0 ? isMade : failure, made.stderr);
  }
  while (!existsSync(isMade)) {
    if (existsSync(failure)) throw new Error(readFileSync(failure, "utf8"));
    await setTimeout(50);
  }
  return entry;
}

/** In a process of its own: esbuild and jest's module registry do not get along. */
const BUNDLE = `
  import { bundle } from ${JSON.stringify(new URL("../../build.mjs", import.meta.url).href)};
  await bundle(process.argv[1], [{
    name: "stand-in",
    setup: (build) => build.onResolve({ filter: /\\/pipeline\\.ts$/ }, () => ({ path: process.argv[2] })),
  }]);`;

/** Makes a folder of the run; false where another suite was first. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the child's id once it runs. */
  readonly onStart?: (child: import("node:child_process").ChildProcess) => void;
}

export function runProcess(command: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const { NO_COLOR: _n, FORCE_COLOR: _f, ...inherited } = process.env;
    const child = spawn(command, args, { cwd: options.cwd, env: { ...inherited, ...options.env } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    options.onStart?.(child);
  });
}

/** Writes what the stand-in steps deliver. */
export function writeProject(folder: string, project: object): void {
  writeFileSync(join(folder, "project.json"), JSON.stringify(project));
}
