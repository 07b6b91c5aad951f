import type { Diagnostic } from "../../../model/diagnostic.ts";
import type { SchemaDiff } from "../diff.ts";
import { type Effect, effectOf } from "../effect.ts";
import { placedSentence } from "./sentence.ts";

const KINDS: Readonly<Record<Effect, Pick<Diagnostic, "code" | "severity" | "hint">>> = {
  destructive: {
    code: "diff-destructive",
    severity: "error",
    hint: "It deletes what is stored: be sure that nobody needs it any more.",
  },
  breaking: {
    code: "diff-breaking",
    severity: "warning",
    hint: "`solitude-gen verify` says which queries it breaks, and in which order it can be rolled out.",
  },
  harmless: { code: "diff-change", severity: "info" },
};

/** A finding for each change: an error where it deletes data, a warning where it can break clients, else information. */
export function changeFindings(diff: SchemaDiff): Diagnostic[] {
  return diff.changes.map((change): Diagnostic => {
    const { hint, ...kind } = KINDS[effectOf(change, diff)];
    const sentence = `${change.change}: ${placedSentence(change, diff)}`;
    const { origin, near } = change;
    // The base's files are not there to be pointed at.
    const place = near === null && origin !== null ? ` (${origin.span.file}:${origin.line} in the base)` : "";
    return {
      ...kind,
      message: `${sentence}${place}`,
      identity: sentence,
      ...(hint !== undefined && { hint }),
      ...(near !== null && { span: near.span }),
    };
  });
}
