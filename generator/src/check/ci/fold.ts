import type { Diagnostic, RelatedPlace, Severity, Span } from "../../model/diagnostic.ts";
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
    const others = left.filter((one): one is Placed => one !== cause && isOfStatement(one, cause));
    if (others.length === 0) continue;
    const severity = SEVERITIES[Math.min(rank(cause), ...others.map(rank))]!;
    const below = others.flatMap((one): RelatedPlace[] => [
      { message: `${one.code}: ${one.message}`, span: one.span },
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

/**
 * Puts what PostgreSQL says of a query below the cause where `verify` has found it: the query is refused as its deployed version is. What is
 * left out may have been an error, and so the cause is one.
 */
export function foldRefusals(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  let left = [...diagnostics];
  for (const refused of diagnostics) {
    const { query, message, severity, hint } = refused;
    if (query === undefined || !refused.code.startsWith("query-")) continue;
    const isCause = (one: Diagnostic): boolean =>
      one.code.startsWith("verify-") &&
      (one.related ?? []).some(
        ({ span, message: said }) =>
          span.file === query.file &&
          span.start === query.start &&
          (said.endsWith(`: ${message}`) || one.message.endsWith(`: ${message}`)),
      );
    const cause = left.find(isCause);
    if (cause === undefined) continue;
    const worst = SEVERITIES[Math.min(rank(cause), SEVERITIES.indexOf(severity))]!;
    const told = {
      ...cause,
      severity: worst,
      ...(cause.hint === undefined && hint !== undefined && { hint }),
    };
    left = left.flatMap((one) => (one === refused ? [] : [one === cause ? told : one]));
  }
  return left;
}

/** What stands in a file. */
type Placed = Diagnostic & { readonly span: Span };

/** Tells whether a finding stands at a place of the statement that is the cause, and not merely at its query. */
function isOfStatement(one: Diagnostic, { span: whole }: Diagnostic): one is Placed {
  const { span } = one;
  return (
    span !== undefined &&
    whole !== undefined &&
    span.file === whole.file &&
    span.start >= whole.start &&
    span.end <= whole.end
  );
}
