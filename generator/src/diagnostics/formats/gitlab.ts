import { createHash } from "node:crypto";
import type { Severity } from "../../model/diagnostic.ts";
import { distinct } from "../../model/distinct.ts";
import { editLines, type FindingRelated, fingerprints, relatedLines, saidWithHint } from "./finding.ts";
import type { Formatter } from "./formatter.ts";

const SEVERITIES: Record<Severity, string> = { error: "major", warning: "minor", info: "info" };

/** GitLab's code quality report. */
export const formatGitlab: Formatter = (findings, { command }) => {
  const prints = fingerprints(findings, (text) => createHash("sha256").update(text).digest("hex"));
  const issues = findings.map((finding, i) => ({
    description: [saidWithHint(finding, " "), ...relatedLines(finding), ...editLines(finding)].join("\n"),
    check_name: finding.code,
    fingerprint: prints[i],
    severity: SEVERITIES[finding.severity],
    // A place is required.
    location: {
      path: finding.file ?? command,
      lines: { begin: finding.line ?? 1, ...(finding.endLine === null ? {} : { end: finding.endLine }) },
    },
    ...(finding.related.length === 0 ? {} : { other_locations: otherLocations(finding.related) }),
  }));
  return `${JSON.stringify(issues, null, 2)}\n`;
};

/** Gives each place once, however much there is to say of it. */
function otherLocations(related: readonly FindingRelated[]): object[] {
  const places = related.flatMap(({ file, line, endLine }) =>
    file === null || line === null ? [] : [{ path: file, lines: { begin: line, end: endLine ?? line } }],
  );
  return distinct(places);
}
