import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface SharedServer {
  /** Unique among the servers of a run. */
  readonly name: string;
  /** Exports the ways to start it. */
  readonly module: URL;
  readonly argument: string;
  /** Milliseconds. */
  readonly patience: number;
}

const SUPERVISOR = fileURLToPath(new URL("supervisor.mjs", import.meta.url));

/**
 * The URL of a server that all suites of the jest run share; the first that asks has it started.
 * @throws with what kept each way of starting it from working
 */
export async function sharedServer({ name, module, argument, patience }: SharedServer): Promise<string> {
  const run = runFolder();
  const folder = join(run, `server-${name}`);
  if (claim(folder)) {
    const jest = process.env.SOLITUDE_TEST_JEST ?? "";
    spawn(process.execPath, [SUPERVISOR, module.href, argument, folder, jest], {
      detached: true,
      stdio: "ignore",
    }).unref();
  }
  const answer = join(folder, "server.json");
  const progress = join(folder, "progress");
  let told = false;
  for (let waited = 0; !existsSync(answer); waited += 50) {
    if (waited > patience) throw new Error(`${name} did not start within ${patience / 1000} seconds`);
    if (!told && existsSync(progress)) {
      told = true;
      process.stderr.write(`${readFileSync(progress, "utf8")}\n`);
    }
    await setTimeout(50);
  }
  const server = JSON.parse(readFileSync(answer, "utf8")) as { url: string } | { problem: string };
  if ("url" in server) return server.url;
  throw new Error(server.problem);
}

/** Where the suites of this run leave things for each other. */
export function runFolder(): string {
  const run = process.env.SOLITUDE_TEST_RUN;
  if (run === undefined)
    throw new Error("jest ran without its global setup (tests/servers/global-setup.mjs)");
  return run;
}

/** Makes a folder of the run; false where another suite was first. */
export function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
