import { styleText } from "node:util";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { changedTypes } from "../../output/changed-types.ts";
import type { OutputPlan } from "../../output/plan.ts";
import { count } from "../count.ts";
import { readTextIn } from "../read-text.ts";
import type { Terminal } from "../terminal.ts";

/** What one run of a watcher came to. */
export interface Round {
  readonly diagnostics: readonly Diagnostic[];
  /** What spans are relative to. */
  readonly root: string;
  /** What was written; null where an error kept it from being written. */
  readonly written: OutputPlan | null;
  readonly queries: number;
  readonly milliseconds: number;
}

/** Of more than this only the number is told: of what is wrong, of files, of types and of their lines. */
const PROBLEMS = 20;
const FILES = 30;
const TYPES = 30;
const LINES = 60;
const CLEAR = "\u001b[2J\u001b[3J\u001b[H";

/** Shows a run on a screen of its own; where there is no screen, below the one before. */
export async function showRound(round: Round, terminal: Terminal, isQuiet: boolean): Promise<void> {
  const { diagnostics, root, written } = round;
  const shown = isQuiet ? diagnostics.filter(({ severity }) => severity === "error") : diagnostics;
  let text = "";
  if (shown.length > 0) {
    const { renderPretty } = await import("../../diagnostics/pretty.ts");
    text += `${renderPretty(shown, readTextIn(root), {
      color: terminal.errColor,
      command: terminal.command,
      most: PROBLEMS,
    })}\n`;
  }
  const paint = terminal.errColor ? styleText : (_: unknown, plain: string): string => plain;
  if (written !== null && !isQuiet)
    for (const line of changesOf(written)) text += `${paint(line.style, line.text)}\n`;
  const clock = new Date().toLocaleTimeString("en-GB");
  const outcome = written === null ? paint("red", "nothing was written") : summarize(round, written);
  if (written === null || !isQuiet)
    text += `${paint("dim", clock)} ${outcome}; ${paint("dim", "watching")}\n`;
  // What is no longer wrong goes from the screen.
  terminal.err(`${terminal.canRedraw ? CLEAR : ""}${text}`);
}

interface Line {
  readonly style: "bold" | "green" | "red" | "reset";
  readonly text: string;
}

/** The files that changed, each with its types that did. */
function changesOf({ wanted, leftover }: OutputPlan): Line[] {
  const lines: Line[] = [];
  let left = TYPES;
  let linesLeft = LINES;
  const changed = wanted.filter(({ kind }) => kind !== "unchanged");
  for (const { kind, shown, previous, contents } of changed.slice(0, FILES)) {
    lines.push({ style: "bold", text: `${shown}${kind === "create" ? " (new)" : ""}` });
    // Of a new file everything is new.
    const types = kind === "create" ? [] : changedTypes(previous ?? "", contents);
    for (const { name, removed, added } of types.slice(0, Math.max(0, left))) {
      lines.push({ style: "reset", text: `  ${name}` });
      const all: readonly Line[] = [
        ...removed.map((text): Line => ({ style: "red", text: `  - ${text}` })),
        ...added.map((text): Line => ({ style: "green", text: `  + ${text}` })),
      ];
      lines.push(...all.slice(0, linesLeft));
      if (all.length > linesLeft)
        lines.push({ style: "reset", text: `    and ${all.length - linesLeft} more lines` });
      linesLeft = Math.max(0, linesLeft - all.length);
    }
    left -= types.length;
  }
  if (left < 0) lines.push({ style: "reset", text: `  and ${-left} more types` });
  const files = changed.length + leftover.length;
  const gone = leftover.slice(0, Math.max(0, FILES - changed.length));
  for (const { shown } of gone) lines.push({ style: "bold", text: `${shown} (removed)` });
  if (files > FILES) lines.push({ style: "reset", text: `and ${files - FILES} more files` });
  return lines;
}

function summarize({ queries, milliseconds }: Round, { wanted, leftover }: OutputPlan): string {
  const changed = wanted.filter(({ kind }) => kind !== "unchanged").length + leftover.length;
  const what = changed === 0 ? "nothing changed" : `${count(changed, "file")} changed`;
  return `${what}, ${count(queries, "query", "queries")}, ${Math.round(milliseconds)} ms`;
}
