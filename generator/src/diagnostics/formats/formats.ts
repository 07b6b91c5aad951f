import type { Finding } from "./finding.ts";
import type { Formatter, ReportContext } from "./formatter.ts";

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
