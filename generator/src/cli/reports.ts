import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { MachineFormat } from "../diagnostics/formats/formats.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { temporaryPath } from "../output/temporary-file.ts";
import { readTextIn } from "./read-text.ts";
import type { Terminal } from "./terminal.ts";

/** A report for machines, asked for with `--report <format>[=<file>]`. */
export interface ReportTarget {
  readonly format: MachineFormat;
  /** Absolute; null for standard output. */
  readonly file: string | null;
}

export interface ReportOptions {
  readonly reports: readonly ReportTarget[];
  /** What ran: `generate`. */
  readonly command: string;
  readonly version: string;
  /** What stands before the findings in Markdown, in place of their count. */
  readonly markdown?: string;
  /** What stands behind them. */
  readonly markdownEnd?: string;
  /** From which severity on a finding fails the run; errors where left out. */
  readonly failOn?: "error" | "warning" | null;
}

/**
 * Writes every report that was asked for; also where there is nothing to report, so that a pipeline finds its file.
 * @param root the folder that spans are relative to
 */
export async function writeReports(
  diagnostics: readonly Diagnostic[],
  root: string,
  terminal: Terminal,
  { reports, command, version, markdown, markdownEnd, failOn }: ReportOptions,
): Promise<void> {
  const summary = {
    ...(markdown !== undefined && { markdown }),
    ...(markdownEnd !== undefined && { markdownEnd }),
  };
  const context = { command: `solitude-gen ${command}`, version, ...summary, ...(failOn ? { failOn } : {}) };
  const onGithub =
    process.env.GITHUB_ACTIONS === "true" && !reports.some(({ format }) => format === "github");
  if (reports.length === 0 && !onGithub) return;
  const { toFindings } = await import("../diagnostics/formats/finding.ts");
  const { formatFindings } = await import("../diagnostics/formats/formats.ts");
  const findings = toFindings(diagnostics, readTextIn(root), prefixOf(root));
  for (const { format, file } of reports) {
    const text = await formatFindings(format, findings, context);
    if (file === null) await terminal.out(text);
    else writeWhole(file, text);
  }
  // Annotations cost nothing where nobody has asked for them; GitHub reads standard error too.
  if (onGithub) terminal.err(await formatFindings("github", findings, context));
}

/** Writes a file so that nobody finds half of it. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = temporaryPath(file);
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

/** From the top of the repository that the folder is in to the folder: "" or `db/`; from the working folder where there is none. */
function prefixOf(root: string): string {
  let top = resolve(root);
  while (!existsSync(join(top, ".git"))) {
    const parent = dirname(top);
    if (parent === top) {
      top = process.cwd();
      break;
    }
    top = parent;
  }
  const path = relative(top, root).replaceAll("\\", "/");
  return path === "" ? "" : `${path}/`;
}
