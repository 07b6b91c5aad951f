import { type ChildProcess, spawn } from "node:child_process";

/** Runs a command after each change of the output; one that still runs is ended first. */
export class FollowUp {
  readonly #command: string;
  readonly #cwd: string;
  #running: ChildProcess | null = null;

  constructor(command: string, cwd: string) {
    this.#command = command;
    this.#cwd = cwd;
    process.once("exit", () => this.#end());
  }

  /** Starts it anew. */
  run(): void {
    this.#end();
    // A group of its own: what the shell started ends with it.
    const child = spawn(this.#command, {
      cwd: this.#cwd,
      shell: true,
      stdio: ["ignore", "inherit", "inherit"],
      detached: process.platform !== "win32",
    });
    child.on("error", () => {});
    child.on("exit", () => {
      if (this.#running === child) this.#running = null;
    });
    this.#running = child;
  }

  #end(): void {
    const { pid } = this.#running ?? {};
    this.#running = null;
    if (pid === undefined) return;
    try {
      process.kill(process.platform === "win32" ? pid : -pid, "SIGTERM");
    } catch {
      // It has ended.
    }
  }
}
