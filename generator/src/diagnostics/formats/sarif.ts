import { createHash } from "node:crypto";
import { CALLS_CHANGE, type Severity } from "../../model/diagnostic.ts";
import type { JsonPlace } from "../json.ts";
import { editLines, type Finding, fingerprints, relatedLines, saidWithHint } from "./finding.ts";
import type { Formatter } from "./formatter.ts";
import { pageOf } from "./pages.ts";

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
            rules: codes.map((code) =>
              ruleOf(code, findings.find((finding) => finding.code === code)!, version),
            ),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding, i) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: LEVELS[finding.severity],
          message: {
            text: [saidWithHint(finding, "\n"), ...relatedLines(finding), ...editLines(finding)].join("\n"),
          },
          ...(finding.file === null ? {} : { locations: [locationOf(finding, finding.file)] }),
          ...relatedOf(finding),
          ...fixesOf(finding),
          partialFingerprints: { "solitudeGen/v1": prints[i] },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};

function ruleOf(code: string, { severity, docs }: Finding, version: string): object {
  return {
    id: code,
    shortDescription: { text: code.replaceAll("-", " ") },
    defaultConfiguration: { level: LEVELS[severity] },
    helpUri: pageOf(docs, version),
    ...(docs === null ? {} : { help: { text: `Run: solitude-gen explain ${code}` } }),
  };
}

/** Places are linked from the message by GitHub, the others' texts stand in it. */
function relatedOf({ related }: Finding): object {
  const relatedLocations = related.flatMap((one, id) =>
    one.file === null ? [] : [{ id: id + 1, ...locationOf(one, one.file), message: { text: one.message } }],
  );
  return relatedLocations.length === 0 ? {} : { relatedLocations };
}

function fixesOf({ edits, changesCalls }: Finding): object {
  const placed = edits.filter(({ file, line }) => file !== null && line !== null);
  if (placed.length === 0) return {};
  const files = [...new Set(placed.map(({ file }) => file!))];
  const artifactChanges = files.map((file) => ({
    artifactLocation: artifact(file),
    replacements: placed
      .filter((edit) => edit.file === file)
      .map((edit) => ({ deletedRegion: regionOf(edit), insertedContent: { text: edit.text } })),
  }));
  return { fixes: [{ ...(changesCalls && { description: { text: CALLS_CHANGE } }), artifactChanges }] };
}

function locationOf(place: JsonPlace, file: string): { physicalLocation: object } {
  const region = place.line === null ? {} : { region: regionOf(place) };
  return { physicalLocation: { artifactLocation: artifact(file), ...region } };
}

const regionOf = ({ line, column, endLine, endColumn }: JsonPlace): object => ({
  startLine: line,
  startColumn: column,
  endLine,
  endColumn,
});

const artifact = (file: string): object => ({
  uri: file.split("/").map(encodeURIComponent).join("/"),
  uriBaseId: "%SRCROOT%",
});
