import type { Diagnostic, RelatedPlace, Severity } from "../../model/diagnostic.ts";
import { distinct } from "../../model/distinct.ts";

const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];
const rank = ({ severity }: Diagnostic): number => SEVERITIES.indexOf(severity);

/**
 * Tells one cause once: what the rules say of a statement of the schema from which queries break stands below that, as do the breaks
 * in the other order. The worst of them gives the severity.
 * @param files of the schema that changed; what stands in a query's file is no cause
 */
export function foldCauses(diagnostics: readonly Diagnostic[], files: ReadonlySet<string>): Diagnostic[] {
  const left = [...diagnostics];
  const causes = diagnostics
    .filter(({ code, span }) => code.startsWith("verify-") && span !== undefined && files.has(span.file))
    .sort((a, b) => rank(a) - rank(b));
  for (const cause of causes) {
    if (!left.includes(cause)) continue;
    const others = left.filter((one) => one !== cause && isOfStatement(one, cause));
    if (others.length === 0) continue;
    const severity = SEVERITIES[Math.min(rank(cause), ...others.map(rank))]!;
    const below = others.flatMap((one): RelatedPlace[] => [
      { message: `${one.code}: ${one.message}`, ...(one.span === undefined ? {} : { span: one.span }) },
      ...(one.code.startsWith("verify-") ? (one.related ?? []) : []),
    ]);
    // A query that breaks in both orders is named once.
    left[left.indexOf(cause)] = {
      ...cause,
      severity,
      related: distinct([...(cause.related ?? []), ...below]),
    };
    for (const one of others) left.splice(left.indexOf(one), 1);
  }
  return left;
}

/** Tells whether a finding stands at a place of the statement that is the cause, and not merely at its query. */
function isOfStatement({ span }: Diagnostic, { span: whole }: Diagnostic): boolean {
  return (
    span !== undefined &&
    whole !== undefined &&
    span.file === whole.file &&
    span.start >= whole.start &&
    span.end <= whole.end
  );
}
