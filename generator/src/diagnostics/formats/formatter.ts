import type { Finding } from "./finding.ts";

/** What a report is about, beside its findings. */
export interface ReportContext {
  /** Of the tool. */
  readonly version: string;
  /** What ran: `solitude-gen vet`. */
  readonly command: string;
  /** From which severity on a finding fails the run; errors where left out. */
  readonly failOn?: "error" | "warning";
  /** What stands before the findings in Markdown, in place of their count. */
  readonly markdown?: string;
  /** What stands behind them. */
  readonly markdownEnd?: string;
}

/** Turns findings into the text of one format; complete also when there are none. */
export type Formatter = (findings: readonly Finding[], context: ReportContext) => string;
