import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { parse } from "node:path";

/**
 * Starts a process that outlives this one, and hears by the end of its input that this one has ended; it keeps nobody waiting.
 * @param script what it runs, as text
 * @param argument what the script is given
 * @param env its environment; this process's without one
 */
export function startGuardProcess(script: string, argument: string, env = process.env): ChildProcess {
  const guard = spawn(process.execPath, ["-e", script, argument], {
    cwd: parse(process.cwd()).root,
    env,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => {});
  guard.stdin.on("error", () => {});
  guard.unref();
  // A pipe is a socket, which need not keep this process.
  (guard.stdin as Socket).unref();
  return guard;
}
