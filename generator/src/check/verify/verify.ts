import type { QuerySetConfig } from "../../config/config.ts";
import { ORDERS, type Order } from "../../config/options/roll-out-orders.ts";
import type { Analysis, QuerySet } from "../../model/analysis.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { Project } from "../../project/project.ts";
import { type Base, type ProjectBase, requireQueries } from "../base/base.ts";
import { ofBase } from "../base/of-base.ts";
import { entriesBetween } from "../base/unpaired.ts";
import { Causes } from "./causes.ts";
import { isBrokenAtHome, toDiagnostics, type VerifyFinding } from "./findings.ts";
import { findingsOf } from "./met.ts";
import type { PlanInput, RollOutPlan } from "./plan/model.ts";
import { type CrossedSides, crossOver } from "./trial/both.ts";

export interface VerifyOptions {
  /** The order that the team always takes; null for whichever is safe. */
  readonly order: Order | null;
  /** The role that the application connects as, or null where nobody says. */
  readonly role?: string | null;
  /** Whether to plan the roll-out also where one of the orders is safe. */
  readonly plan?: boolean;
  /** Whether to try what the change cannot concern, too. */
  readonly all?: boolean;
}

export interface Verdict {
  /** The orders in which nothing breaks while old and new versions run side by side; none where the new version is none that could be deployed. */
  readonly safe: readonly Order[];
  /** How many of the new version's queries do not even work on the new schema, be it that PostgreSQL refuses them. The others were tried without them. */
  readonly refused: number;
  readonly schemaChanged: boolean;
  /** How many queries were tried: those deployed on the new schema, and the new ones on the deployed schema. */
  readonly deployed: number;
  readonly next: number;
  readonly findings: readonly VerifyFinding[];
  /** For each schema that changed, where neither order is safe, or they are asked for: how to roll it out. */
  readonly plans: readonly RollOutPlan[];
}

/**
 * Says in which order a change can be rolled out. While it is, the deployed queries run on the new schema (migrate first) or the new ones
 * on the deployed schema (deploy first); both are tried, as their clients send them. Queries that do not work in the base are not deployed in any
 * working form: they are told, and left out, as are statements of the base's schema that PostgreSQL refuses, which have changed nothing. Where the head's
 * schema is wrong there is no verdict.
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
  const ofCommit = base.project.diagnostics.filter(({ code }) => code.startsWith("base-"));
  const told = [
    ...(await Promise.all(ofCommit.map((one) => ofBase(one, base)))),
    ...(await inBase(before.diagnostics, base)),
    ...after.diagnostics,
  ];
  if (after.diagnostics.some(isOfSchema) || before.diagnostics.some(isOfWholeSchema))
    return { verdict: null, diagnostics: told };

  const findings: VerifyFinding[] = [];
  const changed: PlanInput[] = [];
  let schemaChanged = false;
  const counts = { deployed: 0, next: 0 };
  for (const { from, to } of await crossings(head, base.project, before, after)) {
    const [other, set] = [from.set, to.set];
    counts.deployed += from.queries.length;
    counts.next += to.queries.length;
    if (await isSameSchema(head, set, base.project, other)) continue;
    schemaChanged = true;
    let between: CrossedSides | undefined;
    const tried = await remembered("verdict", { from, to, ...options }, Array.isArray, async () => {
      const { crossed, ...diagnostics } = await crossOver(from, to, {
        role: options.role ?? null,
        all: options.all ?? false,
      });
      if (crossed === null) return diagnostics;
      const { catalogs, sameButNames, sides } = crossed;
      if (sides === null) return [];
      between = sides;
      const files = [(await base.project.schema(other)).schema, (await head.schema(set)).schema] as const;
      return findingsOf(sides, to.queries, await Causes.between(catalogs, files, sameButNames));
    });
    if ("inBase" in tried)
      return { verdict: null, diagnostics: [...(await inBase(tried.inBase, base)), ...tried.inHead] };
    // A query that PostgreSQL refuses here has its place, too.
    const written = new Map((await head.source(set)).queries.map(({ name, span }) => [name, span]));
    findings.push(...tried.map((one) => (one.span ? one : { ...one, span: written.get(one.query) ?? null })));
    changed.push({
      from,
      to,
      findings: tried,
      ...(between !== undefined && { crossed: between }),
      role: options.role ?? null,
      all: options.all ?? false,
    });
  }
  const orders = safeOrders(findings.filter((one) => !isBrokenAtHome(one)));
  const plans = await plansFor(
    changed.filter(
      (one) => options.plan === true || (orders.length === 0 && safeOrders(one.findings).length < 2),
    ),
  );
  const refused = refusedIn(after.diagnostics, findings);
  const safe = refused === 0 ? orders : [];
  const verdict = { safe, refused, schemaChanged, ...counts, findings, plans };
  const met = toDiagnostics({ findings, safe: orders }, base.label, options.order);
  return { verdict, diagnostics: [...told, ...met] };
}

/** The two sides of an entry: its queries, and what they run on. The clients of one that is gone run until the new version is everywhere. */
async function crossings(
  head: Project,
  base: Project,
  before: Analysis,
  after: Analysis,
): Promise<readonly Pick<PlanInput, "from" | "to">[]> {
  return (await entriesBetween(base, head)).map(({ was, is, state }) => ({
    from: { project: base, set: was, queries: state === "new" ? [] : queriesOf(before, was.index) },
    to: { project: head, set: is, queries: state === "gone" ? [] : queriesOf(after, is.index) },
  }));
}

/** Counts the queries of which there is an error, in a project whose schema has none, and those that were seen not to work on it. */
function refusedIn(diagnostics: readonly Diagnostic[], findings: readonly VerifyFinding[]): number {
  const places = diagnostics.flatMap(({ severity, query, span, message }) =>
    severity === "error" ? [JSON.stringify(query ?? span ?? message)] : [],
  );
  const broken = findings.flatMap((one) => (isBrokenAtHome(one) ? [one.query] : []));
  return new Set(places).size + new Set(broken).size;
}

const safeOrders = (findings: readonly VerifyFinding[]): Order[] =>
  ORDERS.filter((order) => !findings.some((one) => one.order === order && one.effect === "breaks"));

async function plansFor(changed: readonly PlanInput[]): Promise<RollOutPlan[]> {
  if (changed.length === 0) return [];
  const { planRollOut } = await import("./plan/plan.ts");
  const plans: RollOutPlan[] = [];
  for (const one of changed)
    plans.push(
      await remembered(
        "plan",
        one,
        () => true,
        () => planRollOut(one),
      ),
    );
  return plans;
}

/**
 * Gives what was found before, of the same schemas and queries; finds it where nothing was kept.
 * @param isFound whether it is worth keeping
 */
async function remembered<T extends object>(
  kind: "verdict" | "plan",
  {
    from,
    to,
    role = null,
    all = false,
  }: Pick<VerifyOptions, "role" | "all"> & Pick<PlanInput, "from" | "to">,
  isFound: (found: T) => boolean,
  find: () => Promise<T>,
): Promise<T> {
  const { store, workspace } = to.project;
  const isKept = !all && from.set.databaseUri === undefined && to.set.databaseUri === undefined;
  const keys = await Promise.all(
    [from, to].map(async ({ project, set }) =>
      project.keyOf(set.databaseUri, (await project.schema(set)).schema),
    ),
  );
  const queries = [from, to].map((side) => JSON.stringify(side.queries));
  const rest = JSON.stringify([role, to.set.targetVersion]);
  const key = workspace.host.key(kind, ...keys, ...queries, rest);
  const kept = isKept ? await store.read<T>(kind, key) : null;
  if (kept !== null) return kept;
  const found = await find();
  if (isKept && isFound(found)) await store.write(kind, key, found);
  return found;
}

/** What is said of one statement of a schema, without which the others are applied. */
const OF_STATEMENT: ReadonlySet<string> = new Set(["schema-syntax", "schema-invalid"]);

/** Tells whether it leaves no schema to try on, as far as that could be read. */
const isOfWholeSchema = (one: Diagnostic): boolean => isOfSchema(one) && !OF_STATEMENT.has(one.code);

/** Tells whether the schema that is to be tried on is another than the one that is written. */
const isOfSchema = ({ severity, code }: Diagnostic): boolean =>
  severity === "error" && !code.startsWith("query-") && !code.startsWith("annotation-");

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
  const { refused } = verdict;
  if (refused === 0) return sentenceOfOthers(verdict);
  const what = refused === 1 ? "1 query of it does not work" : `${refused} queries of it do not work`;
  const without = refused === 1 ? "that one" : "those";
  return `the new version cannot be deployed: ${what}; without ${without}, ${sentenceOfOthers(verdict)}`;
}

/** Says the same of those queries that were tried. */
function sentenceOfOthers({ schemaChanged, findings, plans }: Verdict): string {
  if (!schemaChanged) return "safe in either order: the schema is the same";
  const safe = safeOrders(findings.filter((one) => !isBrokenAtHome(one)));
  const looks = new Set(
    findings.filter((one) => one.effect === "may" && safe.includes(one.order)).map((one) => one.query),
  ).size;
  const care = looks === 0 ? "" : `; ${looks} ${looks === 1 ? "query" : "queries"} to look at`;
  if (safe.length === 2) return `safe in either order${care}`;
  if (safe[0] === "migrate-first") return `safe to migrate first: migrate, then deploy${care}`;
  if (safe[0] === "deploy-first") return `safe to deploy first: deploy, then migrate${care}`;
  return `${stepsTold(plans)}: whichever comes first, something breaks while old and new run side by side`;
}

/** Says in how many steps it can be rolled out, where neither order is safe. */
function stepsTold(plans: readonly RollOutPlan[]): string {
  if (plans.length === 0 || plans.some(({ refused }) => refused !== null)) return "safe in neither order";
  const counts = plans.map(({ steps }) => steps.length);
  return counts.length === 1
    ? `needs ${counts[0]} steps`
    : `needs ${counts.join(" and ")} steps, a list for each schema`;
}
