import type { Severity } from "../../model/diagnostic.ts";
import { editLines, type Finding, placeTold } from "./finding.ts";
import type { Formatter } from "./formatter.ts";

const SIGNS: Record<Severity, string> = { error: "🔴", warning: "🟡", info: "🔵" };
/** GitHub refuses a comment of more than 65,536 characters. */
const MOST_CHARACTERS = 60_000;

/** For a comment on a pull request: what it comes to first, then each finding folded. */
export const formatMarkdown: Formatter = (findings, { command, markdown }) => {
  if (markdown !== undefined)
    return `${markdown}${foldedFindings(findings, MOST_CHARACTERS - markdown.length)}`;
  if (findings.length === 0) return `### ✅ \`${command}\`: no findings\n`;
  return `### ${headline(findings, command)}\n\n${foldedFindings(findings)}`;
};

function headline(findings: readonly Finding[], command: string): string {
  const worst = findings.some((f) => f.severity === "error") ? "❌" : "⚠️";
  const counts = (["error", "warning", "info"] as const)
    .map((severity) => ({ severity, n: findings.filter((f) => f.severity === severity).length }))
    .filter(({ n }) => n > 0)
    .map(({ severity, n }) => `${n} ${severity}${n === 1 ? "" : "s"}`);
  return `${worst} \`${command}\`: ${counts.join(", ")}`;
}

/** Each finding as a line that opens to its excerpt and hint; as many as fit a comment. */
export function foldedFindings(findings: readonly Finding[], most = MOST_CHARACTERS): string {
  let out = "";
  const sorted = bySeverity(findings);
  for (const [i, finding] of sorted.entries()) {
    const next = fold(finding);
    if (out.length + next.length > most) return `${out}\n… and ${sorted.length - i} more.\n`;
    out += next;
  }
  return out;
}

const RANKS: Record<Severity, number> = { error: 0, warning: 1, info: 2 };

/** The worst first, and else as they came. */
function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => RANKS[a.severity] - RANKS[b.severity]);
}

function fold(finding: Finding): string {
  const place =
    finding.file === null
      ? ""
      : ` <code>${escapeHtml(finding.file)}${finding.line === null ? "" : `:${finding.line}`}</code>`;
  const body = [
    finding.excerpt === "" ? "" : codeBlock(finding.excerpt, "text"),
    finding.hint === null ? "" : escapeMarkdown(finding.hint),
    relatedList(finding),
    editLines(finding)
      .map((line) => `- ${escapeMarkdown(line)}\n`)
      .join(""),
    finding.docs === null
      ? ""
      : `<sub>Why: <code>solitude-gen explain ${escapeHtml(finding.code)}</code></sub>`,
  ]
    .map((part) => part.trimEnd())
    .filter((part) => part !== "");
  const summary = `${SIGNS[finding.severity]} <b>${escapeHtml(finding.code)}</b>${place}: ${escapeHtml(oneLine(finding.message))}`;
  return `<details><summary>${summary}</summary>\n\n${body.join("\n\n")}\n\n</details>\n`;
}

function relatedList({ related }: Finding): string {
  return related
    .map((one) => {
      const place = placeTold(one);
      return `- ${place === "" ? "" : `<code>${escapeHtml(place)}</code>: `}${escapeMarkdown(oneLine(one.message))}\n`;
    })
    .join("");
}

/** A fence that is longer than any run of backticks inside. */
export function codeBlock(text: string, language: string): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), (m) => m[0].length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ");
export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("@", "&#64;");
/** Names in the input must not become mentions, links or formatting; what stands between backticks is shown as it is. */
export const escapeMarkdown = (text: string): string =>
  text
    .split(/(`[^`]+`)/)
    .map((part, i) => (i % 2 === 1 ? part : escapeHtml(part).replace(/[\\*_[\]|#]/g, (c) => `\\${c}`)))
    .join("");
