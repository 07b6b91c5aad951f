import { escapeHtml } from "../../diagnostics/formats/markdown.ts";
import type { PropertyChange, SchemaChange } from "../schema/changes.ts";
import type { SchemaDiff } from "../schema/diff.ts";
import { show, words } from "../schema/report/sentence.ts";
import type { RollOutPlan } from "../verify/plan/model.ts";
import { planMarkdown, renderPlan } from "../verify/plan/render.ts";
import { touchedTables } from "./diagram.ts";

/** How one of the checks of a pull request went. */
export interface CheckOutcome {
  readonly name: "generated code" | "schema" | "roll-out" | "rules" | "application" | "live server";
  readonly status: "passed" | "failed" | "warned" | "skipped";
  /** What came out, in a few words. */
  readonly outcome: string;
}

/** A pull request's checks, before their findings. */
export interface Summary {
  /** What it was compared with, for people; null where nothing was. */
  readonly base: string | null;
  readonly checks: readonly CheckOutcome[];
  readonly diffs: readonly SchemaDiff[];
  /** How to roll the change out in steps, where one of two is not enough. */
  readonly plans: readonly RollOutPlan[];
}

const SIGNS = { passed: "✔", failed: "✘", warned: "!", skipped: "–" } as const;

/** For a terminal: a line for each check. */
export function renderSummary({ base, checks, plans }: Summary): string {
  const widest = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(
    ({ name, status, outcome }) => `  ${SIGNS[status]} ${name.padEnd(widest)}  ${outcome}\n`,
  );
  return `${base === null ? "" : `against ${base}\n`}${lines.join("")}${plans.map(renderPlan).join("")}`;
}

const EMOJI = { passed: "✅", failed: "❌", warned: "⚠️", skipped: "➖" } as const;
const MOST_CHANGES = 30;

/** What stands before and behind the findings in a comment. */
export interface CommentParts {
  readonly before: string;
  readonly after: string;
}

/** For a pull request's comment: what a reviewer has to know in ten seconds before the findings, what changed and the touched tables behind them. */
export function markdownSummary({ base, checks, diffs, plans }: Summary): CommentParts {
  const worst = checks.some(({ status }) => status === "failed")
    ? EMOJI.failed
    : checks.some(({ status }) => status === "warned")
      ? EMOJI.warned
      : EMOJI.passed;
  const rows = checks.map(
    ({ name, status, outcome }) => `| ${EMOJI[status]} | ${name} | ${escapeHtml(outcome)} |\n`,
  );
  const changes = diffs.flatMap((diff) => diff.changes);
  const touched = touchedTables(diffs);
  const before = [
    `### ${worst} Database check${escapeHtml(headline(checks))}\n\n`,
    base === null ? "" : `Against ${escapeHtml(base)}.\n\n`,
    `| | check | outcome |\n|-|-|-|\n${rows.join("")}\n`,
    ...plans.map((plan) => planMarkdown(plan, escapeHtml)),
  ];
  const after = [
    changes.length === 0
      ? ""
      : folded(
          `${changes.length} schema ${changes.length === 1 ? "change" : "changes"}`,
          listChanges(changes),
        ),
    touched === null
      ? ""
      : folded(
          touched.shown < touched.all
            ? `Touched tables (${touched.shown} of ${touched.all})`
            : "Touched tables",
          `\`\`\`mermaid\n${touched.diagram}\`\`\``,
        ),
  ];
  return { before: before.join(""), after: after.join("") };
}

/** Gives what failed; where nothing did, how the change is to be rolled out. */
function headline(checks: readonly CheckOutcome[]): string {
  const rollOut = checks.find(({ name }) => name === "roll-out");
  const failed = checks.filter(({ status, name }) => status === "failed" && name !== "roll-out");
  const told = failed.map(({ name, outcome }) => `${name}: ${outcome}`);
  if (rollOut !== undefined && (told.length === 0 || rollOut.status === "failed"))
    told.unshift(rollOut.outcome);
  return told.length === 0 ? "" : `: ${told.join("; ")}`;
}

function listChanges(changes: readonly SchemaChange[]): string {
  const lines = changes.slice(0, MOST_CHANGES).map(({ change, kind, identity, from, properties, origin }) => {
    const what = properties.map(propertyTold).join(", ");
    const place = origin === null ? "" : ` <sub>${escapeHtml(origin.span.file)}:${origin.line}</sub>`;
    const name = from === null ? identity : `${from} → ${identity}`;
    return `- ${change} ${kind} <code>${escapeHtml(name)}</code>${what === "" ? "" : ` (${escapeHtml(what)})`}${place}\n`;
  });
  const more = changes.length - lines.length;
  return lines.join("") + (more > 0 ? `- … and ${more} more\n` : "");
}

/** Gives what it was and is, where that is short enough to be read in a list. */
function propertyTold({ name, from, to }: PropertyChange): string {
  const [was, is] = [show(from), show(to)];
  const isShort =
    [from, to].every((value) => typeof value !== "object" || value === null) &&
    `${was}${is}`.length <= 80 &&
    !`${was}${is}`.includes("\n");
  return isShort ? `${words(name)} ${was} → ${is}` : words(name);
}

const folded = (title: string, body: string): string =>
  `<details><summary>${title}</summary>\n\n${body}\n\n</details>\n\n`;
