import { type Pipeline, pipeline } from "../../src/cli/pipeline.ts";
import { createProgram } from "../../src/cli/program.ts";
import { telling } from "../../src/cli/terminal.ts";

// Commands of solitude-gen in this process, from the sources: what a suite asks many times. What is about processes, signals, bundles
// and colors asks the built one.

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in a folder. Databases stay open from one to the next; files are read anew, and the cache is the folder's. */
export async function runCommand(cwd: string, ...args: readonly string[]): Promise<Ran> {
  await pipeline.watching.refresh(null);
  return runSteps(pipeline, cwd, ...args);
}

/** Runs a command in a folder, with these steps. */
export async function runSteps(pipeline: Pipeline, cwd: string, ...args: readonly string[]): Promise<Ran> {
  const said = { out: "", err: "" };
  const out = (text: string): void => {
    said.out += text;
  };
  const err = (text: string): void => {
    said.err += text;
  };
  const streams = {
    out: async (text: string) => out(text),
    err,
    outColor: false,
    errColor: false,
    canRedraw: false,
    command: "solitude-gen",
  };
  let code = 2;
  const program = createProgram("0.0.0", async (globals, work) => {
    code = await work({ pipeline, terminal: telling(streams, globals.quiet), globals });
  });
  program.configureOutput({ writeOut: out, writeErr: err });
  for (const command of program.commands) command.configureOutput({ writeOut: out, writeErr: err });
  try {
    await program.parseAsync(["--cwd", cwd, ...args], { from: "user" });
  } catch (error) {
    const { code: kind, exitCode } = error as { code?: unknown; exitCode?: number };
    if (!String(kind).startsWith("commander.")) throw error;
    code = exitCode === 0 ? 0 : 2;
  }
  return { code, ...said };
}

/** Generates the code of the project in a folder. @throws with what the command says where it fails */
export async function generateIn(folder: string): Promise<void> {
  const { code, out, err } = await runCommand(folder, "generate");
  if (code !== 0) throw new Error(`${out}${err}`);
}

/** Gives what a command prints as JSON. */
export async function askCommand<T>(cwd: string, ...args: readonly string[]): Promise<T> {
  const { out, err } = await runCommand(cwd, ...args, "--json");
  if (out === "") throw new Error(err);
  return JSON.parse(out) as T;
}

/** Closes what was open, so that the next command finds nothing but files. */
export const closeProjects = (): Promise<void> => pipeline.watching.renew();

afterAll(closeProjects);
