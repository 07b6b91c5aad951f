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
}

/** Turns findings into the text of one format; complete also when there are none. */
export type Formatter = (findings: readonly Finding[], context: ReportContext) => string;

/** The formats for machines, each loaded when it is asked for; `pretty` is for people and not among them. */
const FORMATS = {
  json: async () => (await import("./json-report.ts")).formatJson,
  github: async () => (await import("./github.ts")).formatGithub,
  sarif: async () => (await import("./sarif.ts")).formatSarif,
  junit: async () => (await import("./junit.ts")).formatJunit,
  gitlab: async () => (await import("./gitlab.ts")).formatGitlab,
  markdown: async () => (await import("./markdown.ts")).formatMarkdown,
} satisfies Record<string, () => Promise<Formatter>>;

export type MachineFormat = keyof typeof FORMATS;
export const MACHINE_FORMATS = Object.keys(FORMATS) as readonly MachineFormat[];

export async function formatFindings(
  format: MachineFormat,
  findings: readonly Finding[],
  context: ReportContext,
): Promise<string> {
  return (await FORMATS[format]())(findings, context);
}
