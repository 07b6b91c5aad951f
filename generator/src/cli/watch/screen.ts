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

/** Of more types than this only the number is told, and of more files. */
const TYPES = 30;
const FILES = 30;
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
  const changed = wanted.filter(({ kind }) => kind !== "unchanged");
  for (const { kind, shown, previous, contents } of changed.slice(0, FILES)) {
    lines.push({ style: "bold", text: `${shown}${kind === "create" ? " (new)" : ""}` });
    // Of a new file everything is new.
    const types = kind === "create" ? [] : changedTypes(previous ?? "", contents);
    for (const { name, removed, added } of types.slice(0, Math.max(0, left))) {
      lines.push({ style: "reset", text: `  ${name}` });
      for (const text of removed) lines.push({ style: "red", text: `  - ${text}` });
      for (const text of added) lines.push({ style: "green", text: `  + ${text}` });
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
