import type { Order } from "../../config/options/roll-out-orders.ts";
import type { Diagnostic, RelatedPlace, Severity, Span } from "../../model/diagnostic.ts";
import type { Cause, Difference, DifferenceCode } from "./difference.ts";

/** What one query meets in one order. */
export interface VerifyFinding extends Difference {
  readonly order: Order;
  readonly query: string;
  /** Whose query it is: the version's that is deployed, or the new one's. */
  readonly version: "deployed" | "new";
  /** Where the query stands in the head, if it does. */
  readonly span: Span | null;
  /** The change of the schema that it comes from, where it is clear. */
  readonly cause: Cause | null;
}

export interface Told {
  readonly findings: readonly VerifyFinding[];
  /** The orders in which nothing breaks. */
  readonly safe: readonly Order[];
}

/**
 * Tells what queries meet: of one cause in one order once, with each query below it, and where the cause stands. The worst
 * come first, and then what comes first in the roll-out.
 * @param label what the base is called
 * @param wanted the order that is always taken, if one is
 */
export function toDiagnostics({ findings, safe }: Told, label: string, wanted: Order | null): Diagnostic[] {
  const isSafe = wanted === null ? safe.length > 0 : safe.includes(wanted);
  const groups = new Map<string, { severity: Severity; findings: VerifyFinding[] }>();
  for (const [i, finding] of findings.entries()) {
    const { order, version, cause, effect } = finding;
    // Where another order is safe, what this one would break only explains why.
    const counts = wanted === null ? !isSafe || safe.includes(order) : order === wanted;
    const severity = !counts ? "info" : effect === "breaks" ? "error" : "warning";
    const key = JSON.stringify([order, version, severity, cause === null ? i : [cause.told, cause.span]]);
    const group = groups.get(key);
    if (group) group.findings.push(finding);
    else groups.set(key, { severity, findings: [finding] });
  }
  const all = [...groups.values()].map((group) => ({ ...group, ...tell(group.findings, label) }));
  return all
    .sort((a, b) => RANKS[a.severity] - RANKS[b.severity] || ORDER[a.order] - ORDER[b.order])
    .map(({ severity, findings: [first], diagnostic }) => ({
      code: first!.code,
      severity,
      ...diagnostic,
      ...(severity === "info" ? {} : { hint: HINTS[first!.code] }),
    }));
}

const RANKS: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };
const ORDER: Readonly<Record<Order, number>> = { "migrate-first": 0, "deploy-first": 1 };

type Text = Pick<Diagnostic, "message" | "identity" | "span" | "related">;

function tell(
  findings: readonly VerifyFinding[],
  label: string,
): { readonly order: Order; readonly diagnostic: Text } {
  const [first] = findings as [VerifyFinding];
  const { order, cause } = first;
  const where = whereOf(first, label);
  const identity = findings.map((one) => `${one.query}, ${order}: ${one.message}`).join("\n");
  const span = cause?.span ?? first.span;
  const at = span === null ? {} : { span };
  if (findings.length === 1) {
    const message = `${first.query}, ${where}: ${first.message}`;
    const isElsewhere = cause?.span && first.span !== null;
    const related = isElsewhere ? [{ message: `the query ${first.query}`, span: first.span! }] : [];
    return { order, diagnostic: { message, identity, ...at, ...(related.length > 0 && { related }) } };
  }
  const queries = new Set(findings.map(({ query }) => query)).size;
  const what = `${queries} ${queries === 1 ? "query is" : "queries are"} concerned, ${where}`;
  const related = findings.map(
    (one): RelatedPlace => ({
      message: `${one.query}: ${one.message}`,
      ...(one.span === null ? {} : { span: one.span }),
    }),
  );
  return { order, diagnostic: { message: `${cause!.told}: ${what}`, identity, ...at, related } };
}

function whereOf({ order, version }: VerifyFinding, label: string): string {
  if (order === "deploy-first") return "on the schema that is deployed";
  return version === "deployed" ? `as deployed (${label}), on the new schema` : "on the new schema itself";
}

/** How to make two safe steps of an unsafe one. */
export const HINTS: Readonly<Record<DifferenceCode, string>> = {
  "verify-untried": "Mend the query, or what it relies on.",
  "verify-broken": "Add the new beside the old, deploy, and remove the old in a later change.",
  "verify-result":
    "Add a column of the new type beside the old one, deploy, and remove the old one in a later change.",
  "verify-nullability": "Deploy the version that expects null first; drop NOT NULL in a later change.",
  "verify-parameter": "Let the schema take both, deploy, and narrow it in a later change.",
  "verify-missing-value":
    "Give the column a default, or set NOT NULL in a later change, when every version writes it.",
  "verify-enum": "Deploy the version that knows the value before anything writes it.",
  "verify-privilege": "Grant the right in the same migration, and take none away that a version still needs.",
  "verify-behaviour": "See to it that both versions mean the same rows.",
  "verify-changed": "Look at what it does to the version on the other side; nothing that was tried shows it.",
  "verify-constraint": "See to it that the version on the other side writes nothing that the rule refuses.",
};
