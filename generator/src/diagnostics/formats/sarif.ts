import { createHash } from "node:crypto";
import type { Severity } from "../../model/diagnostic.ts";
import { type Finding, fingerprints, saidWithHint } from "./finding.ts";
import type { Formatter } from "./formats.ts";

const LEVELS: Record<Severity, string> = { error: "error", warning: "warning", info: "note" };

/** SARIF 2.1.0, as code scanning takes it. */
export const formatSarif: Formatter = (findings, { version }) => {
  const codes = [...new Set(findings.map((finding) => finding.code))].sort();
  const prints = fingerprints(findings, (text) => createHash("sha256").update(text).digest("hex"));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "solitude-gen",
            semanticVersion: version,
            rules: codes.map((code) => ruleOf(code, findings.find((finding) => finding.code === code)!)),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding, i) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: LEVELS[finding.severity],
          message: { text: saidWithHint(finding, "\n") },
          ...(finding.file === null ? {} : { locations: [locationOf(finding, finding.file)] }),
          partialFingerprints: { "solitudeGen/v1": prints[i] },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};

function ruleOf(code: string, { severity, docs }: Finding): object {
  return {
    id: code,
    shortDescription: { text: code.replaceAll("-", " ") },
    defaultConfiguration: { level: LEVELS[severity] },
    ...(docs === null ? {} : { help: { text: `Run: solitude-gen explain ${code}` } }),
  };
}

function locationOf({ line, column, endLine, endColumn }: Finding, file: string): object {
  const region =
    line === null ? {} : { region: { startLine: line, startColumn: column, endLine, endColumn } };
  const uri = file.split("/").map(encodeURIComponent).join("/");
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: "%SRCROOT%" }, ...region } };
}
