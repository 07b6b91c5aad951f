import type { Severity } from "../../model/diagnostic.ts";
import { editLines, type Finding, placeTold } from "./finding.ts";
import type { Formatter } from "./formatter.ts";

const SIGNS: Record<Severity, string> = { error: "🔴", warning: "🟡", info: "🔵" };
/** GitHub refuses a comment of more than 65,536 characters. */
const MOST_CHARACTERS = 60_000;

/** For a comment on a pull request: what it comes to first, then each finding folded. */
export const formatMarkdown: Formatter = (findings, { command, markdown, markdownEnd = "" }) => {
  if (markdown !== undefined) {
    const most = MOST_CHARACTERS - markdown.length - markdownEnd.length;
    const told = foldedFindings(findings, most);
    return `${markdown}${told}${told === "" || markdownEnd === "" ? "" : "\n"}${markdownEnd}`;
  }
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

/**
 * Each finding as a line that opens to its excerpt and hint, the worst first. Where not all fit, errors are told in fewer
 * words before one is left out: each in a line, then those of a kind together.
 */
export function foldedFindings(findings: readonly Finding[], most = MOST_CHARACTERS): string {
  const errors = findings.filter(({ severity }) => severity === "error");
  const others = bySeverity(findings.filter(({ severity }) => severity !== "error"));
  const told = tellErrors(errors, most);
  return told + fitting(others, fold, most - told.length);
}

function tellErrors(errors: readonly Finding[], most: number): string {
  const folded = errors.map(fold).join("");
  if (folded.length <= most) return folded;
  const lines = errors.map(inALine).join("");
  if (lines.length <= most) return `${lines}\n`;
  const kinds = new Map<string, Finding[]>();
  for (const error of errors) kinds.set(error.code, [...(kinds.get(error.code) ?? []), error]);
  return `${fitting([...kinds], ofAKind, most - 1)}\n`;
}

/** As many as fit, with how many are left. */
function fitting<T>(items: readonly T[], write: (item: T) => string, most: number): string {
  let out = "";
  for (const [i, item] of items.entries()) {
    const next = write(item);
    const more = `\n… and ${items.length - i} more.\n`;
    // The last needs no room for what says that there are more.
    if (out.length + next.length + (i === items.length - 1 ? 0 : more.length) > most) return out + more;
    out += next;
  }
  return out;
}

const MOST_OF_A_MESSAGE = 120;
const MOST_PLACES = 2000;

function inALine(finding: Finding): string {
  const message = oneLine(finding.message);
  const short = message.length > MOST_OF_A_MESSAGE ? `${message.slice(0, MOST_OF_A_MESSAGE)}…` : message;
  return `- ${SIGNS[finding.severity]} <b>${escapeHtml(finding.code)}</b>${placeOf(finding)}: ${escapeMarkdown(short)}\n`;
}

/** Tells how often it was found, and where. */
function ofAKind([code, found]: readonly [string, readonly Finding[]]): string {
  const places = found.map(placeTold).filter((place) => place !== "");
  let listed = "";
  for (const [i, place] of places.entries()) {
    if (listed.length + place.length > MOST_PLACES) {
      listed += `, … (${places.length - i} more)`;
      break;
    }
    listed += `${i === 0 ? "" : ", "}${place}`;
  }
  const where = listed === "" ? "" : `: <code>${escapeHtml(listed)}</code>`;
  return `- ${SIGNS.error} <b>${escapeHtml(code)}</b> × ${found.length}${where}\n`;
}

const RANKS: Record<Severity, number> = { error: 0, warning: 1, info: 2 };

/** The worst first, and else as they came. */
function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => RANKS[a.severity] - RANKS[b.severity]);
}

function fold(finding: Finding): string {
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
  const summary = `${SIGNS[finding.severity]} <b>${escapeHtml(finding.code)}</b>${placeOf(finding)}: ${escapeHtml(oneLine(finding.message))}`;
  // There is nothing to unfold.
  if (body.length === 0) return `<p>${summary}</p>\n`;
  return `<details><summary>${summary}</summary>\n\n${body.join("\n\n")}\n\n</details>\n`;
}

function placeOf(finding: Finding): string {
  const place = placeTold(finding);
  return place === "" ? "" : ` <code>${escapeHtml(place)}</code>`;
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
