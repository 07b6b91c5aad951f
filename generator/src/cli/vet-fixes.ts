import { readFileSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { MendedKind } from "../check/findings/mends.ts";
import type { Diagnostic } from "../model/diagnostic.ts";

/** So often is looked again at what was mended: one mend may make room for the next. */
const MOST_ROUNDS = 10;

export interface Fixed<Result> {
  /** What the last look found. */
  readonly result: Result;
  /** How many findings were mended, and in which files. */
  readonly mended: number;
  /** How many have edits that were not made, as they change calls. */
  readonly left: number;
  readonly files: ReadonlySet<string>;
  /** The files that have edits, and are marked as read-only. */
  readonly locked: ReadonlySet<string>;
}

/**
 * Looks, makes the edits of what was found, and looks again, until nothing is left that an edit mends. The files of a
 * round are written all or none.
 * @param kind which edits are made
 * @param written is called when files were
 */
export async function fixAll<Result extends { readonly diagnostics: readonly Diagnostic[] }>(
  root: string,
  kind: MendedKind,
  look: () => Promise<Result>,
  written: () => Promise<void>,
): Promise<Fixed<Result>> {
  const { mendsOf } = await import("../check/findings/mends.ts");
  const files = new Set<string>();
  const locked = new Set<string>();
  const read = (file: string): string | undefined => {
    const path = resolve(root, file);
    if (isWritable(path)) return textOf(path);
    locked.add(file);
    return undefined;
  };
  let mended = 0;
  for (let round = 0; ; round++) {
    const result = await look();
    locked.clear();
    const mends = mendsOf(result.diagnostics, read, kind);
    if (mends.files.length === 0 || round === MOST_ROUNDS)
      return { result, mended, left: mends.left.length, files, locked };
    const { writeOutput } = await import("../output/write.ts");
    await writeOutput({
      folders: [],
      wanted: mends.files.map(({ file, was, text }) => ({
        kind: "update",
        // Where a link leads, so that it stays one.
        path: realpathSync(resolve(root, file)),
        shown: file,
        contents: text,
        previous: was,
      })),
      leftover: [],
      diagnostics: [],
    });
    await written();
    mended += mends.mended.length;
    for (const { file } of mends.files) files.add(file);
  }
}

/** Tells whether anybody may write it: another file in its place would be written all the same, as its folder alone decides about that. */
const isWritable = (path: string): boolean =>
  ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o222) !== 0;

/** Undefined for what is no text: it could not be written back as it was. */
function textOf(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    const text = bytes.toString("utf8");
    return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
  } catch {
    return undefined;
  }
}
