import { statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "./exit-codes.ts";
import { interrupt, leave } from "./interruption.ts";
import type { GlobalOptions } from "./load.ts";
import { pipeline } from "./pipeline.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Put in by the build. */
declare const SOLITUDE_GEN_VERSION: string;

/** A command line that asks for the impossible: reported by its message, with exit code 2. */
class UsageError extends Error {}

/** Of these it is known where they run, before the command line has been parsed: what takes longest begins in the meantime. */
const SIMPLE: ReadonlySet<string> = new Set(["generate", "--check", "--quiet", "-q"]);

async function main(args: readonly string[]): Promise<number> {
  // Not worth loading a parser for.
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    process.stdout.write(`${SOLITUDE_GEN_VERSION}\n`);
    return EXIT.fine;
  }
  // What the script that `completion` prints calls: no command that a person types.
  if (args[0] === "complete" && args[1] === "--") {
    const { printCompletions } = await import("./completion.ts");
    await printCompletions(SOLITUDE_GEN_VERSION, args.slice(2));
    return EXIT.fine;
  }
  // sqlc can give a plugin's command no argument but its own.
  if (args[0]?.startsWith("/plugin.") === true) return main(["plugin", ...args]);
  if (args[0] === "generate" && args.every((arg) => SIMPLE.has(arg)))
    void pipeline.startEarly(undefined, process.cwd());
  const { createProgram } = await import("./program.ts");
  let code: number = EXIT.usage;
  const program = createProgram(SOLITUDE_GEN_VERSION, async (globals, work) => {
    code = await work({ pipeline, terminal: terminalFor(globals), globals });
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed what is wrong, or the help or version that was asked for.
    if (isCommanderError(error)) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    throw error;
  }
}

function terminalFor({ cwd, color, quiet }: GlobalOptions): Terminal {
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`there is no folder ${cwd}`);
  }
  return processTerminal(color, quiet);
}

function isCommanderError(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

function fail(error: unknown): never {
  // Asked of the system by whoever asks for it first.
  const isNowhere = (error as { readonly syscall?: string }).syscall === "uv_cwd";
  if (error instanceof UsageError || isNowhere) {
    const message = isNowhere ? "the folder that this was started in has gone" : (error as Error).message;
    process.stderr.write(`error: ${message}\n`);
    leave(EXIT.usage);
  }
  const debug = process.env.SOLITUDE_GEN_DEBUG === "1";
  const message = error instanceof Error ? error.message : String(error);
  const detail = debug && error instanceof Error ? (error.stack ?? message) : message;
  if (isOfInstallation(error)) {
    process.stderr.write(
      `error[internal]: ${detail}\nhint: the installation is not whole: \`solitude-gen doctor\` says what it lacks\n`,
    );
    leave(EXIT.failure);
  }
  process.stderr.write(
    `error[internal]: ${detail}\n` +
      "hint: this is a defect of solitude-gen; please report it" +
      `${debug ? "" : ", with what it prints when run again with SOLITUDE_GEN_DEBUG=1"}\n`,
  );
  leave(EXIT.failure);
}

/** Tells whether what is missing is a package that we need, or a file of our own. */
function isOfInstallation(error: unknown): boolean {
  const { code = "", path = "" } = error as { readonly code?: string; readonly path?: string };
  const isModule = error instanceof Error && /^Cannot find (?:module|package) '/.test(error.message);
  return isModule || (code === "ENOENT" && path.startsWith(OWN));
}

const OWN = dirname(fileURLToPath(import.meta.url)) + sep;

// Ends through `exit` handlers, which take half-written temporary files away; renames are never interrupted.
process.on("SIGINT", () => interrupt(EXIT.interrupted));
process.on("SIGTERM", () => interrupt(143));
// The terminal was closed.
process.on("SIGHUP", () => interrupt(129));
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
// A command ends by itself, below. Node would end it with 0, and without a word.
process.once("beforeExit", () => fail(new Error("what the command waits for will never come")));
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of our output has gone (`| head`). The work and its exit code are for others too.
    if (error.code !== "EPIPE") fail(error);
  });
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // A database in WebAssembly or a connection may keep the event loop alive; what was printed is flushed.
  process.stdout.write("", () => process.stderr.write("", () => leave(code)));
}, fail);
