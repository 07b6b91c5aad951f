import type { Diagnostic, Edit } from "../../model/diagnostic.ts";

/** Which edits are made: those that leave every call of a generated function as it is, or all. */
export type MendedKind = "safe" | "all";

/** Texts of files as they are and as they would be. */
export interface MendedFile {
  readonly file: string;
  readonly was: string;
  readonly text: string;
}

export interface Mends {
  /** Those that have a change. */
  readonly files: readonly MendedFile[];
  /** What is mended; the rest collides with it, has no edits, or is left. */
  readonly mended: readonly Diagnostic[];
  /** What would be mended, too, were it not for the calls that it changes. */
  readonly left: readonly Diagnostic[];
}

/**
 * Makes the edits of diagnostics: of each all of them or none. Where two want the same place, the first has it; the other
 * is found again, and mended then.
 * @param read a file's text, or undefined where it cannot be read
 */
export function mendsOf(
  diagnostics: readonly Diagnostic[],
  read: (file: string) => string | undefined,
  kind: MendedKind = "safe",
): Mends {
  const isLeft = ({ edits = [], changesCalls = false }: Diagnostic): boolean =>
    edits.length > 0 && changesCalls && kind !== "all";
  const texts = new Map<string, string>();
  const taken = new Map<string, Edit[]>();
  const mended: Diagnostic[] = [];
  for (const diagnostic of diagnostics) {
    const edits = distinct(diagnostic.edits ?? []);
    if (edits.length === 0 || isLeft(diagnostic)) continue;
    const isFree = edits.every((edit) => {
      const { file, start, end } = edit.span;
      const text = texts.get(file) ?? read(file);
      if (text === undefined || start > end || end > text.length) return false;
      texts.set(file, text);
      return !(taken.get(file) ?? []).some((other) => collide(other, edit));
    });
    if (!isFree) continue;
    for (const edit of edits) taken.set(edit.span.file, [...(taken.get(edit.span.file) ?? []), edit]);
    mended.push(diagnostic);
  }
  const files = [...taken].map(([file, edits]) => {
    const was = texts.get(file)!;
    return { file, was, text: edited(was, edits) };
  });
  return { files: files.filter(({ was, text }) => was !== text), mended, left: diagnostics.filter(isLeft) };
}

/** Two that only put something in at the same place do not say which comes first. */
const collide = ({ span: a }: Edit, { span: b }: Edit): boolean =>
  (a.start < b.end && b.start < a.end) || a.start === b.start;

function distinct(edits: readonly Edit[]): Edit[] {
  const known = new Map(edits.map((edit) => [JSON.stringify([edit.span, edit.text]), edit]));
  return [...known.values()];
}

function edited(text: string, edits: readonly Edit[]): string {
  let out = text;
  for (const { span, text: by } of [...edits].sort((a, b) => b.span.start - a.span.start))
    out = out.slice(0, span.start) + by + out.slice(span.end);
  return out;
}
