import { editLines, type Finding, relatedLines } from "./finding.ts";
import type { Formatter } from "./formatter.ts";

/** JUnit's XML: a suite per file, a test case per finding; what fails the run fails, the rest is passed with its text. */
export const formatJunit: Formatter = (findings, { command, failOn = "error" }) => {
  const isFailure = ({ severity }: Finding): boolean => severity === "error" || severity === failOn;
  const files = [...new Set(findings.map((finding) => finding.file ?? command))];
  const suites = files.map((file) =>
    suiteOf(
      file,
      findings.filter((f) => (f.file ?? command) === file),
      isFailure,
    ),
  );
  if (suites.length === 0) {
    suites.push(
      `  <testsuite name="${escapeAttribute(command)}" tests="1" failures="0">\n    <testcase name="no findings" classname="${escapeAttribute(command)}"/>\n  </testsuite>\n`,
    );
  }
  const failures = findings.filter(isFailure).length;
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<testsuites name="${escapeAttribute(command)}" tests="${Math.max(findings.length, 1)}" failures="${failures}">\n${suites.join("")}</testsuites>\n`
  );
};

function suiteOf(
  file: string,
  findings: readonly Finding[],
  isFailure: (finding: Finding) => boolean,
): string {
  const cases = findings.map((finding) => {
    const place = finding.line === null ? "" : `:${finding.line}:${finding.column}`;
    const more = [...relatedLines(finding), ...editLines(finding)];
    const body = [`${file}${place}`, finding.excerpt, finding.hint ?? "", ...more]
      .filter((part) => part !== "")
      .join("\n");
    const content = isFailure(finding)
      ? `<failure type="${finding.severity}" message="${escapeAttribute(finding.message)}">${escapeText(body)}</failure>`
      : `<system-out>${escapeText(`${finding.message}\n${body}`)}</system-out>`;
    return `    <testcase name="${escapeAttribute(`${finding.code}${place}`)}" classname="${escapeAttribute(file)}" file="${escapeAttribute(file)}">${content}</testcase>\n`;
  });
  const failures = findings.filter(isFailure).length;
  return `  <testsuite name="${escapeAttribute(file)}" tests="${findings.length}" failures="${failures}">\n${cases.join("")}  </testsuite>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 has no way to write control characters and half surrogate pairs. */
function escapeText(text: string): string {
  return (
    // To bytes and back replaces half a pair.
    Buffer.from(text.replaceAll("\r\n", "\n"))
      .toString()

      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c)
  );
}

const escapeAttribute = (text: string): string =>
  escapeText(text).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
