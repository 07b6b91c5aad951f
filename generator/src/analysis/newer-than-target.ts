import type { Diagnostic } from "../model/diagnostic.ts";
import type { QuerySource } from "../model/source.ts";
import { featuresAfter } from "../postgres/newer-features.ts";
import { ByteOffsets, type RawStatement } from "../postgres/raw-parse.ts";

/** Gives what of a query the release that it runs on has not: the PostgreSQL that analysed it took it without a word. */
export function newerThanTarget(
  source: QuerySource,
  raw: RawStatement,
  own: ReadonlySet<string>,
  target: number,
): Diagnostic[] {
  const offsets = new ByteOffsets(source.text);
  return featuresAfter(target, raw.kind, raw.tree, own).map(({ name, since, location }) => {
    const at = source.toFile(location === undefined ? 0 : offsets.toUtf16(location));
    return {
      code: NEWER_THAN_TARGET,
      severity: "warning",
      message: `${name} needs PostgreSQL ${since}, and the target is ${target}`,
      hint: "Write it as the older version has it, or raise `target_version` once every server is upgraded.",
      span: { file: source.span.file, start: at, end: at },
    };
  });
}

/** The code of these; `vet` has a rule that finds the same. */
export const NEWER_THAN_TARGET = "query-newer-than-target";
