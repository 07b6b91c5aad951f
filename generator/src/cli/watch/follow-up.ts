import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { endBy } from "../interruption.ts";

/** How long one that was asked to end may take: a server closes its connections meanwhile. */
const GRACE_MS = 3_000;
/** How long, after it, what it has started may. */
const REST_MS = 300;
/** How often is looked whether it has ended. */
const LOOK_MS = 20;
/** Runs a command after each change of the output, one at a time: the next begins when the one before has ended, which it is made to. */
export class FollowUp {
  readonly #command: string;
  readonly #cwd: string;
  readonly #onFailure: (said: string) => void;
  #running: ChildProcess | null = null;
  /** The end of the one before, which the next waits for. */
  #ending: Promise<void> | null = null;
  #isOver = false;
  /** The one that is being ended. */
  #last: ChildProcess | null = null;

  /** @param onFailure is told of one that fails by itself */
  constructor(command: string, cwd: string, onFailure: (said: string) => void) {
    this.#command = command;
    this.#cwd = cwd;
    this.#onFailure = onFailure;
    process.once("exit", () => {
      signal(this.#running, "SIGTERM");
      // Who ends the process a second time waits no longer.
      signal(this.#last, "SIGKILL");
    });
    process.once("SIGQUIT", this.#quit);
  }

  /** What the terminal sends at Ctrl-\ ends all that runs in it at once; the one that runs is of another group. */
  readonly #quit = (): void => {
    signal(this.#running, "SIGKILL");
    signal(this.#last, "SIGKILL");
    endBy("SIGQUIT");
  };

  /** Starts it anew, when the one that still runs has ended. */
  async run(): Promise<void> {
    // Who waits already starts it.
    if (this.#ending !== null) return;
    if (this.#running !== null) {
      this.#ending = this.#end(this.#running);
      await this.#ending;
      this.#ending = null;
    }
    if (!this.#isOver) this.#start();
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    this.#isOver = true;
    process.removeListener("SIGQUIT", this.#quit);
    await (this.#ending ?? (this.#running && this.#end(this.#running)));
  }

  #start(): void {
    // A group of its own: what the shell started ends with it.
    const child = spawn(this.#command, {
      cwd: this.#cwd,
      shell: true,
      stdio: ["ignore", "inherit", "inherit"],
      detached: process.platform !== "win32",
    });
    this.#running = child;
    const onEnd = (said: string | null): void => {
      if (this.#running !== child) return;
      this.#running = null;
      if (said !== null) this.#onFailure(said);
    };
    child.on("error", (error) => onEnd(`cannot be started: ${error.message}`));
    child.on("exit", (code, by) => {
      if (code !== 0) onEnd(by === null ? `has ended with exit code ${code}` : `was ended by ${by}`);
      else onEnd(null);
    });
  }

  async #end(child: ChildProcess): Promise<void> {
    this.#running = null;
    this.#last = child;
    signal(child, "SIGTERM");
    await gone(() => child.exitCode !== null || child.signalCode !== null, GRACE_MS);
    // What it has started is to follow soon.
    if (!(await gone(() => !isThere(child), REST_MS))) {
      signal(child, "SIGKILL");
      await gone(() => !isThere(child), REST_MS);
    }
    this.#last = null;
  }
}

/** Waits until it is, or for so long; tells whether it is. */
async function gone(is: () => boolean, milliseconds: number): Promise<boolean> {
  const until = performance.now() + milliseconds;
  while (!is() && performance.now() < until) await sleep(LOOK_MS);
  return is();
}

const idOf = ({ pid }: ChildProcess): number => (process.platform === "win32" ? pid! : -pid!);

/** Tells whether any process of its group is left; on Windows, it. */
function isThere(child: ChildProcess): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(idOf(child), 0);
    return true;
  } catch {
    return false;
  }
}

function signal(child: ChildProcess | null, name: NodeJS.Signals): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(idOf(child), name);
  } catch {
    // It has ended.
  }
}
