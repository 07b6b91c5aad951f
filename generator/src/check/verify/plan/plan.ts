import { DiagnosticError } from "../../../model/diagnostic.ts";
import type { Catalog } from "../../schema/catalog.ts";
import { accessOf } from "../concerns/access.ts";
import type { VerifyFinding } from "../findings.ts";
import { conversionMet } from "./conversions.ts";
import { type Between, expansionOf, type Fill, fillsAhead } from "./expansion.ts";
import { type Obstacle, versionInBetween } from "./middle.ts";
import type { Both, Expanded, PlanInput, RollOutPlan, Route, Version } from "./model.ts";
import type { Met, State } from "./proofs.ts";
import { Runs } from "./runs.ts";
import { Schemas } from "./schemas.ts";
import { stepsOf, type Way } from "./steps.ts";
import { ownMigration, unplacedStatements } from "./unplaced.ts";

/** Looks for the shortest roll-out of which every step was seen to work, with the queries of every version that runs meanwhile. */
export async function planRollOut(input: PlanInput): Promise<RollOutPlan> {
  try {
    return await new Planner(input).plan();
  } catch (error) {
    // A migration that cannot be written is no reason to give no verdict.
    if (!(error instanceof DiagnosticError)) throw error;
    return refused(error.diagnostics[0]?.message ?? error.message);
  }
}

const refused = (reason: string): RollOutPlan => ({ steps: [], unplaced: [], refused: reason });

/** What may be done at first, the most that there is before the least. */
const EXPANSIONS = [
  { isCautious: false, relaxes: false, replaces: false },
  { isCautious: true, relaxes: false, replaces: false },
  { isCautious: false, relaxes: true, replaces: false },
  { isCautious: true, relaxes: true, replaces: false },
  { isCautious: false, relaxes: false, replaces: true },
  { isCautious: false, relaxes: true, replaces: true },
] as const;

const ROUTES: readonly Route[] = [
  { expands: true, both: null, newFirst: true },
  { expands: false, both: "before", newFirst: false },
  { expands: true, both: "after", newFirst: false },
  { expands: true, both: "before", newFirst: true },
  { expands: true, both: "before", newFirst: false },
];

class Planner {
  readonly #input: PlanInput;
  readonly #runs: Runs;
  readonly #schemas: Schemas;

  constructor(input: PlanInput) {
    this.#input = input;
    this.#runs = new Runs(input);
    this.#schemas = new Schemas(input);
  }

  async plan(): Promise<RollOutPlan> {
    const { findings } = this.#input;
    const home = findings.find((one) => one.isAtHome && one.effect === "breaks");
    if (home !== undefined) return refused(`${home.query}: ${home.message}`);
    const between = await this.#schemas.between();
    if (typeof between === "string") return refused(between);
    const breaks = (version: "deployed" | "new", order: VerifyFinding["order"]): boolean =>
      findings.some((one) => one.version === version && one.order === order && one.effect === "breaks");
    const newFirst = breaks("deployed", "migrate-first");
    if (newFirst && breaks("new", "deploy-first")) return this.#search(between);
    const { ahead, hasNew } = await fillsAhead(between);
    // Whatever is given values has to be there, before it is asked of every row.
    const stepwise = hasNew ? await this.#search(between) : null;
    if (stepwise?.refused === null) return stepwise;
    const way: Way = {
      route: { expands: false, both: null, newFirst },
      expansion: null,
      fill: ahead,
      both: null,
    };
    const plan = await this.#written(between, way);
    if (plan.unplaced.length === 0 && !between.conversions.some(({ isExchanged }) => isExchanged))
      return plan;
    // As a whole it does to rows what its author wrote, at its place.
    const own = await ownMigration(this.#input.from, this.#input.to);
    return own === null ? plan : this.#written(between, { ...way, fill: [], own });
  }

  async #written(
    { from: { catalog: base }, to: { catalog: head } }: Between,
    way: Way,
  ): Promise<RollOutPlan> {
    const steps = await stepsOf(way, this.#runs, this.#schemas);
    const { from, to } = this.#input;
    return { steps, unplaced: await unplacedStatements(from, to, [base, head], steps), refused: null };
  }

  async #search(between: Between): Promise<RollOutPlan> {
    const reason = this.#converted(between) ?? remade(between);
    if (reason !== null) return refused(reason);
    const tried = new Set<string>();
    let least: Obstacle | null = null;
    for (const options of EXPANSIONS) {
      const { set } = this.#input.to;
      const expansion = await expansionOf(between, { ...options, targetVersion: set.targetVersion });
      const key = JSON.stringify(expansion.expand);
      if (tried.has(key)) continue;
      tried.add(key);
      this.#runs.forgetExpanded();
      const isNothing = expansion.expand.length === 0;
      const expanded = isNothing ? null : await this.#schemas.expanded(expansion);
      for (const route of ROUTES) {
        if (route.expands === isNothing) continue;
        const outcome = await this.#try(route, expanded);
        if ("reason" in outcome) {
          // What the fewest queries are against is nearest to a way.
          if (least === null || outcome.queries < least.queries) least = outcome;
        } else {
          const fill = expansion.fill
            .filter((one) => !route.newFirst || this.#isLacking(one, between.from.catalog))
            .map(({ sql }) => sql);
          const { both } = outcome;
          const lateFor = (version: Version): readonly string[] =>
            this.#reliedOn(expansion.late, version === "both" ? both : null, between);
          return this.#written(between, {
            route,
            expansion: { expansion, ...expanded },
            fill,
            both,
            lateFor,
          });
        }
      }
    }
    if (least?.reason) return refused(`${least.reason}; make that part of the change one of its own`);
    return refused("no change of the schema could be done before the others");
  }

  /** Tells whether rows can lack the value where the new version follows the deployed one at once. */
  #isLacking({ isCovered, table }: Fill, base: Catalog): boolean {
    if (isCovered) return false;
    if (table === null || !base.objects.has(table)) return true;
    return this.#input.from.queries.some((query) => accessOf(query, base).tables.get(table)?.has("insert"));
  }

  /** Gives the routines, by their names, of those with these keys that queries of the version in between, or else of the new one, rely on. */
  #reliedOn(keys: readonly string[], both: Both | null, { to: { catalog } }: Between): readonly string[] {
    if (keys.length === 0) return [];
    const queries = both?.queries.map(({ query }) => query) ?? this.#input.to.queries;
    const reached = new Set(queries.flatMap((query) => [...accessOf(query, catalog).keys]));
    return keys.filter((key) => reached.has(key)).map((key) => key.replace(":", " "));
  }

  /** Says which conversion stands in every way, if any: on each some version runs both before and after. */
  #converted({ conversions, from, to }: Between): string | null {
    const sides = [
      [this.#input.to.queries, "to", to.catalog],
      [this.#input.from.queries, "from", from.catalog],
    ] as const;
    for (const [queries, side, catalog] of sides)
      for (const query of queries) {
        const met = conversionMet(query, conversions, side, catalog);
        if (met !== null)
          return `${query.name}: ${met[side].identity} is converted with \`${met.by}\`, so no text means the same before and after; add a column beside it`;
      }
    // Both names would stand for one value.
    const parted = conversions.find(({ from: was, to: is }) => was.name !== is.name);
    return parted === undefined
      ? null
      : `${parted.to.identity} was ${parted.from.identity} and is converted with \`${parted.by}\`, so one cannot follow the other`;
  }

  /** Tells whether each version works wherever it runs on that route; gives what the one in between is made of. */
  async #try(
    { expands, both: place, newFirst }: Route,
    expanded: Expanded | null,
  ): Promise<{ readonly both: Both | null } | Obstacle> {
    const middle = expands ? expanded?.expanded : undefined;
    if (expands && place !== "before") {
      for (const state of [expanded?.expanding, middle])
        if (state !== undefined) {
          const broken = obstacle(await this.#runs.met("deployed", state), "deployed", state);
          if (broken !== null) return broken;
        }
    }
    if (newFirst && middle !== undefined) {
      const broken = obstacle(await this.#runs.met("new", middle), "new", middle);
      if (broken !== null) return broken;
    }
    if (place === null) return { both: null };
    const states = [
      ...(place === "before" ? [this.#runs.deployed] : []),
      ...(middle === undefined
        ? []
        : [...(place === "before" && expanded?.expanding ? [expanded.expanding] : []), middle]),
      ...(newFirst ? [] : [this.#runs.new]),
    ];
    return versionInBetween(this.#input, this.#runs, states, middle ?? null);
  }
}

/** Says which table is made anew under its own name, if any: its rows would be gone in between. */
function remade({ statements, to: { catalog } }: Between): string | null {
  const made = statements.find(
    ({ sql, object }) => /^drop table /i.test(sql) && catalog.objects.get(object)?.kind === "table",
  );
  return made === undefined
    ? null
    : `${made.subject} is made anew, and no step but the migration itself has its rows in both`;
}

/** Tells of a version's queries that break there; null where none does. */
function obstacle({ differences }: Met, version: Version, { name }: State): Obstacle | null {
  const reasons = [...differences].flatMap(([query, own]) => {
    const first = own.find(({ effect }) => effect === "breaks");
    return first === undefined
      ? []
      : [`${query} of the ${version} version, on the ${name} schema: ${first.message}`];
  });
  return reasons.length === 0 ? null : { reason: reasons[0]!, queries: reasons.length };
}
