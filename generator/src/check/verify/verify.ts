import type { QuerySetConfig } from "../../config/config.ts";
import { ORDERS, type Order } from "../../config/options/roll-out-orders.ts";
import type { Analysis, QuerySet } from "../../model/analysis.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { Project } from "../../project/project.ts";
import { type Base, type ProjectBase, requireQueries } from "../base/base.ts";
import { ofBase } from "../base/of-base.ts";
import { pairEntries } from "../base/pairs.ts";
import { Causes } from "./causes.ts";
import type { Outcome, Tried } from "./cross.ts";
import type { Difference } from "./difference.ts";
import { differences } from "./differences.ts";
import { toDiagnostics, type VerifyFinding } from "./findings.ts";
import { typeDifference } from "./seen.ts";
import { shownDifferences } from "./shown.ts";
import { type Crossed, type CrossedSides, crossOver } from "./trial/both.ts";

export interface VerifyOptions {
  /** The order that the team always takes; null for whichever is safe. */
  readonly order: Order | null;
  /** The role that the application connects as, or null where nobody says. */
  readonly role?: string | null;
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

/**
 * Says in which order a change can be rolled out. While it is, the deployed queries run on the new schema (migrate first) or the new ones
 * on the deployed schema (deploy first); both are tried, as their clients send them. Queries that do not work in the base are not deployed in any
 * working form: they are told, and left out. Where a schema is wrong there is no verdict.
 * @throws DiagnosticError where the base has no queries
 */
export async function verify(
  head: Project,
  against: Base,
  analyze: (project: Project) => Promise<Analysis>,
  options: VerifyOptions,
): Promise<{ readonly verdict: Verdict | null; readonly diagnostics: readonly Diagnostic[] }> {
  const base = requireQueries(against);
  const before = await analyze(base.project);
  const after = await analyze(head);
  const told = [...(await inBase(before.diagnostics, base)), ...after.diagnostics];
  if ([...before.diagnostics, ...after.diagnostics].some(isOfSchema))
    return { verdict: null, diagnostics: told };

  const findings: VerifyFinding[] = [];
  let schemaChanged = false;
  const counts = { deployed: 0, next: 0 };
  const pairs = pairEntries(head.config.querySets, base.project.config.querySets);
  for (const set of head.config.querySets) {
    const next = queriesOf(after, set.index);
    counts.next += next.length;
    const other = pairs.get(set);
    // An entry that is new has nothing deployed.
    if (other === undefined) continue;
    const deployed = queriesOf(before, other.index);
    counts.deployed += deployed.length;
    if (await isSameSchema(head, set, base.project, other)) continue;
    schemaChanged = true;
    const from = { project: base.project, set: other, queries: deployed };
    const to = { project: head, set, queries: next };
    const tried = await crossOver(from, to, { role: options.role ?? null });
    if (tried.crossed === null) {
      return { verdict: null, diagnostics: [...(await inBase(tried.inBase, base)), ...tried.inHead] };
    }
    const files = [(await base.project.schema(other)).schema, (await head.schema(set)).schema] as const;
    const causes = await Causes.between(tried.crossed.catalogs, files);
    findings.push(...findingsOf(tried.crossed, deployed, next, causes));
  }
  const safe = ORDERS.filter(
    (order) => !findings.some((finding) => finding.order === order && finding.effect === "breaks"),
  );
  const verdict = { safe, schemaChanged, ...counts, findings };
  return { verdict, diagnostics: [...told, ...toDiagnostics(verdict, base.label, options.order)] };
}

/** Tells whether it leaves no schema to try on. */
const isOfSchema = ({ severity, code }: Diagnostic): boolean =>
  severity === "error" && !code.startsWith("query-") && !code.startsWith("annotation-");

function findingsOf(
  crossed: CrossedSides,
  deployed: readonly Query[],
  next: readonly Query[],
  causes: Causes,
): VerifyFinding[] {
  const places = new Map(next.map((query) => [query.name, query.span]));
  const before = new Map(deployed.map((query, i) => [query.name, { query, crossed: crossed.deployed[i]! }]));
  const entry = (
    order: Order,
    version: VerifyFinding["version"],
    query: Query,
    difference: Difference,
  ): VerifyFinding => ({
    ...difference,
    order,
    version,
    query: query.name,
    span: places.get(query.name) ?? null,
    cause: causes.of(difference, query),
  });
  const first = deployed.flatMap((query, i) =>
    found(crossed.deployed[i]!, crossed.old, crossed.now).map((difference) =>
      entry("migrate-first", "deployed", query, difference),
    ),
  );
  const broken = new Set(first.filter(({ effect }) => effect === "breaks").map(({ query }) => query));
  return [
    ...first,
    ...next.flatMap((query, i) => {
      const one = crossed.next[i]!;
      const was = before.get(query.name);
      const own = brokenAtHome(one, was?.crossed);
      // What the deployed version meets there too is told of it.
      const atHome = broken.has(query.name)
        ? []
        : own.map((difference) => entry("migrate-first", "new", query, difference));
      if (own.some(({ effect }) => effect === "breaks"))
        return [...atHome, ...own.map((difference) => entry("deploy-first", "new", query, difference))];
      const isDeployed = was !== undefined && isSameCall(query, crossed.now, was.query, crossed.old);
      const ahead = found(one, crossed.now, crossed.old)
        // That it runs as it does on the deployed schema is how things are.
        .filter(
          ({ effect, code, isLimit }) =>
            !isDeployed || (effect === "breaks" && isLimit !== true) || code === "verify-enum",
        )
        .map((difference) => entry("deploy-first", "new", query, difference));
      return [...atHome, ...ahead];
    }),
  ];
}

/** Tells whether the client sends the same text with arguments of the same types, however their columns are called in the schemas. */
function isSameCall(next: Query, now: Tried, deployed: Query, old: Tried): boolean {
  return (
    next.sql.text === deployed.sql.text &&
    JSON.stringify(next.sql.pieces) === JSON.stringify(deployed.sql.pieces) &&
    next.params.every((param, i) => {
      const other = deployed.params[i];
      return other !== undefined && typeDifference(param.type, now.catalog, other.type, old.catalog) === null;
    })
  );
}

/** A query that does not even work on its own schema, and whose predecessor did. */
function brokenAtHome(next: Crossed, deployed: Crossed | undefined): Difference[] {
  const said = (crossed: Crossed | undefined): string | null =>
    crossed === undefined
      ? null
      : "problem" in crossed.own
        ? crossed.own.problem
        : (crossed.trial?.refusedAtHome ?? crossed.forbidden);
  const problem = said(next);
  if (problem === null || said(deployed) !== null) return [];
  if (next.forbidden !== null)
    return [
      {
        code: "verify-privilege",
        effect: next.isForbiddenForSure ? "breaks" : "may",
        message: problem,
      },
    ];
  return [
    {
      code: "verify-broken",
      effect: "breaks",
      message: `not even on the new schema does it work: ${problem}`,
    },
  ];
}

export const queriesOf = (analysis: Analysis, index: number): readonly Query[] =>
  analysis.querySets.find((set: QuerySet) => set.index === index)?.queries ?? [];

async function isSameSchema(
  head: Project,
  set: QuerySetConfig,
  base: Project,
  other: QuerySetConfig,
): Promise<boolean> {
  const [now, before] = await Promise.all([head.schema(set), base.schema(other)]);
  const texts = ({ schema }: typeof now): string => JSON.stringify(schema.map((file) => file.text));
  return set.databaseUri === other.databaseUri && texts(now) === texts(before);
}

/** Tells how a query fares on the schema that it meets, against the one that its client was generated on. */
export function found(crossed: Crossed, on: Tried, meets: Tried): Difference[] {
  const { own, other, trial } = crossed;
  const known = foundByAnalysis(own, on, other, meets);
  if ("problem" in own || "problem" in other) return known;
  return [...shownDifferences(known, trial), ...crossed.concerns, ...untried(crossed)];
}

/** The same, without executing anything. */
export function foundByAnalysis(own: Outcome, on: Tried, other: Outcome, meets: Tried): Difference[] {
  if ("problem" in own) {
    // Not this change's doing; but nothing can be said of it either.
    const message = `not even on the schema that it was written for does it work: ${own.problem}`;
    return [{ code: "verify-untried", effect: "may", message }];
  }
  if ("problem" in other) return [{ code: "verify-broken", effect: "breaks", message: other.problem }];
  return differences(own.query, on, other.query, meets);
}

function untried({ trial, isTouched }: Crossed): Difference[] {
  if (trial === null || trial.isTried || !isTouched || trial.hindrance === null) return [];
  const message = `it could not be tried with sample values, which PostgreSQL refuses on its own schema: ${trial.hindrance}`;
  return [{ code: "verify-untried", effect: "may", message }];
}

/** Tells what is wrong in the base, which is not this change's doing: it is told, and nothing fails for it. */
async function inBase(diagnostics: readonly Diagnostic[], base: ProjectBase): Promise<Diagnostic[]> {
  const told = diagnostics.filter(
    ({ severity, code }) => severity === "error" || (severity === "warning" && code.startsWith("schema-")),
  );
  return Promise.all(
    told.map(async (diagnostic) => ({ ...(await ofBase(diagnostic, base)), severity: "warning" as const })),
  );
}

/** The verdict in one sentence. */
export function sentence(verdict: Verdict): string {
  const { safe, schemaChanged, findings } = verdict;
  if (!schemaChanged) return "safe in either order: the schema is the same";
  const looks = new Set(
    findings.filter((one) => one.effect === "may" && safe.includes(one.order)).map((one) => one.query),
  ).size;
  const care = looks === 0 ? "" : `; ${looks} ${looks === 1 ? "query" : "queries"} to look at`;
  if (safe.length === 2) return `safe in either order${care}`;
  if (safe[0] === "migrate-first") return `safe to migrate first: migrate, then deploy${care}`;
  if (safe[0] === "deploy-first") return `safe to deploy first: deploy, then migrate${care}`;
  return "needs two steps: whichever comes first, something breaks while old and new run side by side";
}
