import type { Diagnostic } from "../model/diagnostic.ts";
import { readTextIn } from "./read-text.ts";
import { type ReportOptions, writeReports } from "./reports.ts";
import type { Terminal } from "./terminal.ts";

/** Prints diagnostics for people on standard error, and writes the reports for machines that were asked for. */
export async function report(
  diagnostics: readonly Diagnostic[],
  root: string,
  terminal: Terminal,
  options: ReportOptions & { readonly quiet: boolean },
): Promise<void> {
  await writeReports(diagnostics, root, terminal, options);
  await reportPretty(diagnostics, root, terminal, options);
}

/** Prints diagnostics for people. */
export async function reportPretty(
  diagnostics: readonly Diagnostic[],
  root: string,
  terminal: Terminal,
  { quiet }: { readonly quiet: boolean },
): Promise<void> {
  const shown = quiet ? diagnostics.filter((diagnostic) => diagnostic.severity === "error") : diagnostics;
  if (shown.length === 0) return;
  const { renderPretty } = await import("../diagnostics/pretty.ts");
  terminal.err(
    renderPretty(shown, readTextIn(root), {
      color: terminal.errColor,
      command: terminal.command,
    }),
  );
}
