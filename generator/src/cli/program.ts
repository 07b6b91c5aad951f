import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { MACHINE_FORMATS } from "../diagnostics/formats/formats.ts";
import { analyzeLine } from "./command-lines/analyze.ts";
import { cacheLine } from "./command-lines/cache.ts";
import { ciLine } from "./command-lines/ci.ts";
import type { CommandLine } from "./command-lines/command-line.ts";
import { completionLine } from "./command-lines/completion.ts";
import { diffLine } from "./command-lines/diff.ts";
import { doctorLine } from "./command-lines/doctor.ts";
import { explainLine } from "./command-lines/explain.ts";
import { generateLine } from "./command-lines/generate.ts";
import { grantsLine } from "./command-lines/grants.ts";
import { impactLine } from "./command-lines/impact.ts";
import { importLine } from "./command-lines/import.ts";
import { initLine } from "./command-lines/init.ts";
import { sqlcLines } from "./command-lines/of-sqlc.ts";
import { pluginLine } from "./command-lines/plugin.ts";
import { rehearseLine } from "./command-lines/rehearse.ts";
import { verifyLine } from "./command-lines/verify.ts";
import { vetLine } from "./command-lines/vet.ts";
import type { GlobalOptions } from "./load.ts";
import type { ReportTarget } from "./reports.ts";

/** In the order in which the help shows them. */
const COMMANDS: readonly CommandLine[] = [
  initLine,
  importLine,
  generateLine,
  analyzeLine,
  ciLine,
  diffLine,
  verifyLine,
  rehearseLine,
  vetLine,
  impactLine,
  grantsLine,
  explainLine,
  doctorLine,
  cacheLine,
  completionLine,
  pluginLine,
  sqlcLines,
];

interface Shared {
  config?: string;
  file?: string;
  cwd?: string;
  color?: boolean;
  quiet?: boolean;
  report?: readonly ReportTarget[];
}

const EXAMPLES = `
Examples:
  solitude-gen init                        start a project, or add TypeScript to an sqlc project
  solitude-gen generate                    write the TypeScript that ./sqlc.yaml asks for
  solitude-gen generate --check            in CI: fail, with a diff, if the committed output is stale
  solitude-gen -f db/sqlc.yaml analyze     show every query's parameters and columns
  solitude-gen diff --against main         show what changed in the schema

In GitHub Actions, what is found shows beside its line without further ado. Elsewhere:
  solitude-gen --report gitlab=gl-code-quality.json generate --check

Exit codes: 0 fine, 1 problems in the schema or the queries (or stale output), 2 usage or configuration,
3 internal or database failure.`;

/** Runs a command with the options that all have in common. */
export type RunCommand = (
  globals: GlobalOptions,
  work: Parameters<Parameters<CommandLine>[1]>[0],
) => Promise<void>;

/** @param except a command to leave out */
export function createProgram(version: string, run: RunCommand, except?: CommandLine): Command {
  const program = new Command("solitude-gen")
    .description("Reads annotated SQL queries and a PostgreSQL schema, and writes type-safe TypeScript.")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(see solitude-gen --help)")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .option("-f, --config <path>", "configuration file (default: sqlc.yaml, sqlc.yml or sqlc.json here)")
    // sqlc's own name for it.
    .addOption(new Option("--file <path>").hideHelp())
    // Also its own: nothing is ever done elsewhere.
    .addOption(new Option("--no-remote").hideHelp())
    .option("-C, --cwd <folder>", "run as if started in this folder")
    .option("--color", "color the output even where it is no terminal")
    .option("--no-color", "never color the output")
    .option("-q, --quiet", "print errors only, beside what is asked for as JSON, SQL, a text or a report")
    .addOption(
      new Option(
        "--report <format[=file]>",
        `also write what was found for machines, to standard output or a file; again for more (${MACHINE_FORMATS.join(", ")})`,
      ).argParser(addReport),
    )
    .addHelpText("after", EXAMPLES);

  for (const add of COMMANDS) if (add !== except) add(program, (work) => run(globals(program), work));
  return program;
}

function globals(program: Command): GlobalOptions {
  const { config, file, cwd, color, quiet, report } = program.opts<Shared>();
  return {
    config: config ?? file,
    cwd: resolve(cwd ?? "."),
    color,
    quiet: quiet === true,
    reports: report ?? [],
    command: program.args[0] ?? "",
    version: program.version() ?? "",
  };
}

function addReport(text: string, known: readonly ReportTarget[] = []): readonly ReportTarget[] {
  const [, name = "", file] = /^([^=]*)(?:=(.+))?$/s.exec(text) ?? [];
  const format = MACHINE_FORMATS.find((f) => f === name);
  if (format === undefined) {
    throw new InvalidArgumentError(
      `The formats are ${MACHINE_FORMATS.join(", ")}; write \`sarif=report.sarif\` for a file.`,
    );
  }
  return [...known, { format, file: file === undefined ? null : resolve(file) }];
}
