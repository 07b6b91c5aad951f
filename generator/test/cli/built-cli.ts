import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
// In the package, so that packages outside of the bundle are found; not in dist/, which may be packed meanwhile.
const CACHE = join(HERE, "../../node_modules/.cache");

/** The CLI bundled as for release, but for the stand-in steps; returns the path of its entry. */
export async function buildCli(): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  const outdir = mkdtempSync(join(CACHE, "test-cli-"));
  const script = `
    import { bundle } from ${JSON.stringify(new URL("../../build.mjs", import.meta.url).href)};
    await bundle(process.argv[1], [{
      name: "stand-in",
      setup: (build) => build.onResolve({ filter: /\\/pipeline\\.ts$/ }, () => ({ path: process.argv[2] })),
    }]);`;
  // In a process of its own: esbuild and jest's module registry do not get along.
  const result = await runProcess(
    process.execPath,
    ["--input-type=module", "-e", script, outdir, join(HERE, "stand-in/pipeline.ts")],
    {},
  );
  if (result.code !== 0) throw new Error(result.stderr);
  return join(outdir, "cli.cjs");
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
