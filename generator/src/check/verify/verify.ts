import type { LoadedConfig } from "../../config/load.ts";
import type { Analysis, QuerySet } from "../../model/analysis.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import { type Base, requireQueries } from "../base/base.ts";
import { type Outcome, type Tried, tryOn } from "./cross.ts";
import { type Difference, type DifferenceCode, differences } from "./differences.ts";
import { ORDERS, type Order } from "./order.ts";

export interface VerifyOptions {
  readonly cache: boolean;
  /** The order that the team always takes; null for whichever is safe. */
  readonly order: Order | null;
}

export interface Verdict {
  /** The orders in which nothing breaks while old and new versions run side by side. */
  readonly safe: readonly Order[];
  readonly schemaChanged: boolean;
  /** How many queries were tried: those deployed on the new schema, and the new ones on the deployed schema. */
  readonly deployed: number;
  readonly next: number;
  readonly findings: readonly VerifyFinding[];
}

/** What one query meets in one order. */
export interface VerifyFinding extends Difference {
  readonly order: Order;
  readonly query: string;
  /** Where the query stands in the head, if it does. */
  readonly span: Span | null;
}

/**
 * Says in which order a change can be rolled out. While it is, the deployed queries run on the new schema
 * (migrate first) or the new ones on the deployed schema (deploy first); both are tried, as their clients send them.
 * @throws DiagnosticError where the base has no queries
 */
export async function verify(
  head: LoadedConfig,
  against: Base,
  analyze: (loaded: LoadedConfig) => Promise<Analysis>,
  options: VerifyOptions,
): Promise<{ readonly verdict: Verdict | null; readonly diagnostics: readonly Diagnostic[] }> {
  const base = requireQueries(against);
  const before = await analyze(base.loaded);
  const after = await analyze(head);
  const broken = [...inBase(before.diagnostics, base.label), ...after.diagnostics];
  if (broken.some(({ severity }) => severity === "error")) return { verdict: null, diagnostics: broken };

  const findings: VerifyFinding[] = [];
  let schemaChanged = false;
  for (const set of head.config.querySets) {
    const other = base.loaded.config.querySets.find((entry) => entry.index === set.index);
    // An entry that is new has nothing deployed.
    if (other === undefined) continue;
    const deployed = queriesOf(before, set.index);
    const next = queriesOf(after, set.index);
    if (await isSameSchema(head, set, base.loaded, other)) continue;
    schemaChanged = true;
    const old = await tryOn(base.loaded, other, [deployed, next], options);
    const now = await tryOn(head, set, [deployed, next], options);
    if (old.tried === null || now.tried === null) {
      return { verdict: null, diagnostics: [...inBase(old.diagnostics, base.label), ...now.diagnostics] };
    }
    const places = new Map(next.map((query) => [query.name, query.span]));
    findings.push(
      ...compareAll("migrate-first", deployed, 0, old.tried, now.tried, places),
      ...compareAll("deploy-first", next, 1, now.tried, old.tried, places),
    );
  }
  const safe = ORDERS.filter(
    (order) => !findings.some((finding) => finding.order === order && finding.effect === "breaks"),
  );
  const count = (analysis: Analysis): number =>
    analysis.querySets.reduce((sum, set) => sum + set.queries.length, 0);
  const verdict = { safe, schemaChanged, deployed: count(before), next: count(after), findings };
  return { verdict, diagnostics: [...broken, ...toDiagnostics(verdict, base.label, options.order)] };
}

export const queriesOf = (analysis: Analysis, index: number): readonly Query[] =>
  analysis.querySets.find((set: QuerySet) => set.index === index)?.queries ?? [];

async function isSameSchema(
  head: LoadedConfig,
  set: LoadedConfig["config"]["querySets"][number],
  base: LoadedConfig,
  other: LoadedConfig["config"]["querySets"][number],
): Promise<boolean> {
  const { readSchema } = await import("../../source/read-source.ts");
  const [now, before] = await Promise.all([readSchema(head.root, set), readSchema(base.root, other)]);
  const texts = ({ schema }: typeof now): string => JSON.stringify(schema.map((file) => file.text));
  return set.databaseUri === other.databaseUri && texts(now) === texts(before);
}

/** What the client of each query was made for, `on`, against what it meets, `meets`. */
function compareAll(
  order: Order,
  queries: readonly Query[],
  list: 0 | 1,
  on: Tried,
  meets: Tried,
  places: ReadonlyMap<string, Span>,
): VerifyFinding[] {
  return queries.flatMap((query, i) => {
    const own = on.outcomes[list]?.[i];
    const other = meets.outcomes[list]?.[i];
    if (own === undefined || other === undefined) return [];
    return found(own, on, other, meets).map((difference) => ({
      ...difference,
      order,
      query: query.name,
      span: places.get(query.name) ?? null,
    }));
  });
}

/** How a query fares on the schema that it meets, against the one that its client was generated on. */
export function found(own: Outcome, on: Tried, other: Outcome, meets: Tried): Difference[] {
  if ("problem" in own) {
    // Not this change's doing; but nothing can be said of it either.
    const message = `not even on the schema that it was written for does it work: ${own.problem}`;
    return [{ code: "verify-untried", effect: "may", message }];
  }
  if ("problem" in other) return [{ code: "verify-broken", effect: "breaks", message: other.problem }];
  return differences(own.query, on, other.query, meets);
}

function toDiagnostics(verdict: Verdict, label: string, wanted: Order | null): Diagnostic[] {
  const isSafe = wanted === null ? verdict.safe.length > 0 : verdict.safe.includes(wanted);
  return verdict.findings.map(({ order, query, code, effect, message, span }) => {
    // Where another order is safe, what this one would break only explains why.
    const counts = wanted === null ? !isSafe || verdict.safe.includes(order) : order === wanted;
    const severity = !counts ? "info" : effect === "breaks" ? "error" : "warning";
    const where =
      order === "migrate-first"
        ? `as deployed (${label}), on the new schema`
        : "on the schema that is deployed";
    const hint = severity === "info" ? {} : { hint: HINTS[code] };
    return {
      code,
      severity,
      message: `${query}, ${where}: ${message}`,
      identity: `${query}, ${order}: ${message}`,
      ...hint,
      ...(span === null ? {} : { span }),
    };
  });
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
  "verify-constraint": "See to it that the version on the other side writes nothing that the rule refuses.",
};

/** Their files are not the user's own. */
function inBase(diagnostics: readonly Diagnostic[], label: string): Diagnostic[] {
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ span, ...diagnostic }) => ({
      ...diagnostic,
      message: `in ${label}${span ? `, ${span.file}` : ""}: ${diagnostic.message}`,
    }));
}

/** The verdict in one sentence. */
export function sentence(verdict: Verdict): string {
  const { safe, schemaChanged } = verdict;
  if (!schemaChanged) return "safe in either order: the schema is the same";
  if (safe.length === 2) return "safe in either order";
  if (safe[0] === "migrate-first") return "safe to migrate first: migrate, then deploy";
  if (safe[0] === "deploy-first") return "safe to deploy first: deploy, then migrate";
  return "needs two steps: whichever comes first, something breaks while old and new run side by side";
}
