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
  /** Where it stands in the base, as people say it: `q.sql:3`; null where it is new. */
  readonly deployedAt: string | null;
  /** The change of the schema that it comes from, where it is clear. */
  readonly cause: Cause | null;
}

/** Tells whether it is a query of the new version that does not work on the new schema: no order mends that. */
export const isBrokenAtHome = ({ version, effect, isAtHome }: VerifyFinding): boolean =>
  isAtHome === true && version === "new" && effect === "breaks";

export interface Told {
  readonly findings: readonly VerifyFinding[];
  /** The orders in which nothing breaks but what does not work in any. */
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
  const home = new Set<string>();
  for (const [i, finding] of findings.entries()) {
    const { order, version, cause, effect, query, message } = finding;
    // It is so in whichever order.
    if (isBrokenAtHome(finding) && home.size === home.add(`${query}: ${message}`).size) continue;
    // Where another order is safe, what this one would break only explains why.
    const counts = wanted === null ? !isSafe || safe.includes(order) : order === wanted;
    const severity = isBrokenAtHome(finding)
      ? "error"
      : !counts
        ? "info"
        : effect === "breaks"
          ? "error"
          : "warning";
    const key = JSON.stringify([order, version, cause === null ? i : [cause.told, cause.span]]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { severity, findings: [finding] });
    else {
      // What is worst of all that follows comes first.
      const isWorse = RANKS[severity] < RANKS[group.severity];
      if (isWorse) group.severity = severity;
      group.findings = byEffect([...group.findings, finding]);
    }
  }
  const all = [...groups.values()].map((group) => ({ ...group, ...tell(group.findings, label) }));
  return all
    .sort((a, b) => RANKS[a.severity] - RANKS[b.severity] || ORDER[a.order] - ORDER[b.order])
    .map(({ severity, findings: [first], diagnostic: { gone, ...diagnostic } }) => {
      const told =
        isBrokenAtHome(first!) && first!.code === "verify-broken" ? MEND : HINTS[first!.order][first!.code];
      const hint = [...(severity === "info" ? [] : [told]), ...gone].join("\n");
      return { code: first!.code, severity, ...diagnostic, ...(hint !== "" && { hint }) };
    });
}

const byEffect = (findings: readonly VerifyFinding[]): VerifyFinding[] => [
  ...findings.filter(({ effect }) => effect === "breaks"),
  ...findings.filter(({ effect }) => effect !== "breaks"),
];

const RANKS: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };
const ORDER: Readonly<Record<Order, number>> = { "migrate-first": 0, "deploy-first": 1 };

interface Text extends Pick<Diagnostic, "message" | "identity" | "span" | "related"> {
  /** What is said of queries that are deployed and stand in no file here. */
  readonly gone: readonly string[];
}

function tell(
  findings: readonly VerifyFinding[],
  label: string,
): { readonly order: Order; readonly diagnostic: Text } {
  const [first] = findings as [VerifyFinding];
  const { order, cause } = first;
  const identity = findings.map((one) => `${one.query}, ${order}: ${one.message}`).join("\n");
  const span = cause?.span ?? first.span;
  const at = span === null ? {} : { span };
  if (findings.length === 1) {
    const gone = first.span === null && first.deployedAt !== null ? `, ${first.deployedAt}` : "";
    const message = `${first.query}, ${whereOf(first, `${label}${gone}`)}: ${first.message}`;
    const isElsewhere = cause?.span && first.span !== null;
    const related = isElsewhere ? [{ message: `the query ${first.query}`, span: first.span! }] : [];
    return {
      order,
      diagnostic: { message, identity, ...at, ...(related.length > 0 && { related }), gone: [] },
    };
  }
  const queries = new Set(findings.map(({ query }) => query)).size;
  const what = `${queries} ${queries === 1 ? "query is" : "queries are"} concerned, ${whereOf(first, label)}`;
  const told = withoutDoubts(findings);
  const related = told.flatMap(({ query, message, span }): RelatedPlace[] =>
    span === null ? [] : [{ message: `${query}: ${message}`, span }],
  );
  const gone = told
    .filter((one) => one.span === null)
    .map(({ query, message, deployedAt }) => `${query} (deployed, ${deployedAt}): ${message}`);
  const message = `${cause!.told}: ${what}`;
  return { order, diagnostic: { message, identity, ...at, ...(related.length > 0 && { related }), gone } };
}

/** Leaves out that the cause is to be looked at where a query is seen to break by it. */
function withoutDoubts(findings: readonly VerifyFinding[]): readonly VerifyFinding[] {
  const broken = new Set(findings.filter(({ effect }) => effect === "breaks").map(({ query }) => query));
  return findings.filter(({ code, query }) => code !== "verify-changed" || !broken.has(query));
}

function whereOf(finding: VerifyFinding, label: string): string {
  const { order, version } = finding;
  if (isBrokenAtHome(finding)) return "on the new schema itself";
  if (order === "deploy-first") return "on the schema that is deployed";
  return version === "deployed" ? `as deployed (${label}), on the new schema` : "on the new schema itself";
}

/** What to do where a query does not work at all. */
const MEND = "Mend the query, or what it relies on.";

/** How to make two safe steps of an unsafe one, where the deployed version meets the new schema. */
const BEFORE_DEPLOYMENT: Readonly<Record<DifferenceCode, string>> = {
  "verify-untried": MEND,
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

/** The same where the new version meets the schema that is deployed. */
const BEFORE_MIGRATION: Readonly<Record<DifferenceCode, string>> = {
  ...BEFORE_DEPLOYMENT,
  "verify-broken": "Add what it needs in a change of its own, migrate, and deploy the version that uses it.",
  "verify-result":
    "Have the query give the new type on both schemas, as by a cast, until the schema has it everywhere.",
  "verify-nullability": "Expect null until the schema forbids it; expect none in a later change.",
  "verify-parameter":
    "Widen the schema in a change of its own, migrate, and deploy the version that makes use of it.",
  "verify-missing-value":
    "Give the column a default, or drop NOT NULL, in a change of its own, and deploy the version that leaves it out behind that.",
  "verify-enum": "Add the value in a change of its own, migrate, and deploy the version that writes it.",
  "verify-privilege": "Grant the right in a change of its own, before the version that needs it is deployed.",
  "verify-constraint":
    "Let go of the rule in a change of its own, and deploy the version that writes what it refuses behind that.",
};

export const HINTS: Readonly<Record<Order, Readonly<Record<DifferenceCode, string>>>> = {
  "migrate-first": BEFORE_DEPLOYMENT,
  "deploy-first": BEFORE_MIGRATION,
};
