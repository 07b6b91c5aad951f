import type { Severity } from "../../model/diagnostic.ts";
import { editLines, relatedLines, saidWithHint } from "./finding.ts";
import type { Formatter } from "./formatter.ts";

const COMMANDS: Record<Severity, string> = { error: "error", warning: "warning", info: "notice" };

/** Workflow commands of GitHub Actions, which show in the pull request beside the line. */
export const formatGithub: Formatter = (findings) =>
  findings
    .map((finding) => {
      const place = {
        file: finding.file,
        line: finding.line,
        endLine: finding.endLine,
        // GitHub takes columns only for what stands on one line.
        col: finding.line === finding.endLine ? finding.column : null,
        endColumn: finding.line === finding.endLine ? finding.endColumn : null,
        title: finding.code,
      };
      const properties = Object.entries(place)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
      const more = [...relatedLines(finding), ...editLines(finding)].map((line) => `\n- ${line}`);
      const text = `${saidWithHint(finding, "\n")}${more.join("")}`;
      return `::${COMMANDS[finding.severity]} ${properties.join(",")}::${escapeData(text)}\n`;
    })
    .join("");

const escapeData = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
