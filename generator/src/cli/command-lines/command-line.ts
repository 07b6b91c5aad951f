import type { Command } from "commander";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Terminal } from "../terminal.ts";

/** What a command is given to run, beside its own options. */
export interface Call {
  readonly pipeline: Pipeline;
  readonly terminal: Terminal;
  readonly globals: GlobalOptions;
}

/** Runs what gives an exit code; to be what a command's action returns. */
export type Run = (work: (call: Call) => Promise<number>) => Promise<void>;

/** Adds a command to the program: its options and its help. The code that it runs is loaded only to run. */
export type CommandLine = (program: Command, run: Run) => void;
