import { DiagnosticError } from "../../../model/diagnostic.ts";
import type { Query } from "../../../model/query.ts";
import type { SchemaFile } from "../../../model/source.ts";
import { extensionsNamed } from "../../../postgres/extension-names.ts";
import { compareSides } from "../../schema/diff.ts";
import { readSide, type Side } from "../../schema/side.ts";
import { renderMigration, renderOnline } from "../../schema/sql/render.ts";
import type { Difference } from "../difference.ts";
import type { VerifyFinding } from "../findings.ts";
import { filesOf, type SideOf } from "../trial/both.ts";
import { type Between, type Expansion, expansionOf } from "./expansion.ts";
import { type Met, runAhead, runOn, type State, works } from "./proofs.ts";
import { MAKES, type Make, retyped, withCasts } from "./versions.ts";

/** The versions of the application that a roll-out goes through. */
export type Version = "deployed" | "both" | "new";

export interface PlanStep {
  readonly kind: "expand" | "backfill" | "deploy" | "contract";
  readonly title: string;
  /** What is run on the database; empty where a version is deployed. */
  readonly sql: string;
  /** The version that is deployed, or null. */
  readonly version: Version | null;
  /** Of the version in between, those queries that are not the new version's. */
  readonly queries: readonly PlanQuery[];
  /** What became of each version's queries on the schema that the step leaves. */
  readonly proof: readonly PlanProof[];
}

export interface PlanQuery {
  readonly name: string;
  readonly make: Make;
  readonly sql: string;
}

export interface PlanProof {
  readonly version: Version;
  /** Whether it runs while the step is done; the others are told to show why they do not. */
  readonly runs: boolean;
  readonly queries: number;
  readonly broken: readonly { readonly query: string; readonly message: string }[];
  /** Queries that work and are to be looked at. */
  readonly toLookAt: number;
}

/** The way from the deployed version and schema to the new ones, on which nothing breaks; or why there is none. */
export type RollOutPlan =
  | { readonly steps: readonly PlanStep[]; readonly refused: null }
  | { readonly steps: readonly []; readonly refused: string };

export interface PlanInput {
  readonly from: SideOf;
  readonly to: SideOf;
  /** What the verdict found of both orders. */
  readonly findings: readonly VerifyFinding[];
  readonly role: string | null;
}

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

const refused = (reason: string): RollOutPlan => ({ steps: [], refused: reason });

/** What may be done at first, the most that there is before the least. */
const EXPANSIONS = [
  { isCautious: false, relaxes: false },
  { isCautious: true, relaxes: false },
  { isCautious: false, relaxes: true },
  { isCautious: true, relaxes: true },
] as const;

/** Where the version in between runs, and in which order things are done. */
interface Route {
  readonly expands: boolean;
  /** Before the schema is expanded, after it, or not at all. */
  readonly both: "before" | "after" | null;
  /** Whether the new version is deployed before the schema is contracted, or after. */
  readonly newFirst: boolean;
}

const ROUTES: readonly Route[] = [
  { expands: true, both: null, newFirst: true },
  { expands: false, both: "before", newFirst: false },
  { expands: true, both: "after", newFirst: false },
  { expands: true, both: "before", newFirst: true },
  { expands: true, both: "before", newFirst: false },
];

/** The version in between: for each query the way in which it works on all schemas that it meets. */
interface Both {
  readonly queries: readonly { readonly query: Query; readonly make: Make }[];
  readonly met: ReadonlyMap<State["name"], ReadonlyMap<string, readonly Difference[]>>;
}

class Planner {
  readonly #input: PlanInput;
  readonly #deployed: State;
  readonly #new: State;
  /** By version and schema. */
  #known = new Map<string, Promise<Met>>();

  constructor(input: PlanInput) {
    this.#input = input;
    this.#deployed = { name: "deployed", side: input.from };
    this.#new = { name: "new", side: input.to };
  }

  async plan(): Promise<RollOutPlan> {
    const { findings } = this.#input;
    const home = findings.find(
      (one) => one.order === "migrate-first" && one.version === "new" && one.effect === "breaks",
    );
    if (home !== undefined) return refused(`${home.query}: ${home.message}`);
    const between = await this.#between();
    if (typeof between === "string") return refused(between);
    const breaks = (version: "deployed" | "new", order: VerifyFinding["order"]): boolean =>
      findings.some((one) => one.version === version && one.order === order && one.effect === "breaks");
    if (!breaks("deployed", "migrate-first"))
      return this.#steps({ expands: false, both: null, newFirst: false }, null, null);
    if (!breaks("new", "deploy-first"))
      return this.#steps({ expands: false, both: null, newFirst: true }, null, null);
    return this.#search(between);
  }

  async #search(between: Between): Promise<RollOutPlan> {
    const tried = new Set<string>();
    let reason = "";
    for (const options of EXPANSIONS) {
      const { set } = this.#input.to;
      const expansion = await expansionOf(between, { ...options, targetVersion: set.targetVersion });
      const key = JSON.stringify(expansion.expand);
      if (tried.has(key)) continue;
      tried.add(key);
      for (const name of [...this.#known.keys()])
        if (/ expand(?:ed|ing)$/.test(name)) this.#known.delete(name);
      const isNothing = expansion.expand.length === 0;
      const expanded = isNothing ? null : await this.#expanded(expansion);
      for (const route of ROUTES) {
        if (route.expands === isNothing) continue;
        const outcome = await this.#try(route, expanded);
        if ("reason" in outcome) reason ||= outcome.reason;
        else return this.#steps(route, { expansion, ...expanded }, outcome.both);
      }
    }
    return refused(reason || "no change of the schema could be done before the others");
  }

  /** Tells whether each version works wherever it runs on that route; gives what the one in between is made of. */
  async #try(
    { expands, both: place, newFirst }: Route,
    expanded: Expanded | null,
  ): Promise<{ readonly both: Both | null } | { readonly reason: string }> {
    const middle = expands ? expanded?.expanded : undefined;
    if (expands && place !== "before") {
      for (const state of [expanded?.expanding, middle])
        if (state !== undefined) {
          const reason = firstBroken(await this.#met("deployed", state), "deployed", state);
          if (reason !== null) return { reason };
        }
    }
    if (newFirst && middle !== undefined) {
      const reason = firstBroken(await this.#met("new", middle), "new", middle);
      if (reason !== null) return { reason };
    }
    if (place === null) return { both: null };
    const states = [
      ...(place === "before" ? [this.#deployed] : []),
      ...(middle === undefined
        ? []
        : [...(place === "before" && expanded?.expanding ? [expanded.expanding] : []), middle]),
      ...(newFirst ? [] : [this.#new]),
    ];
    return this.#both(states, middle ?? null);
  }

  /** Puts the version in between together. */
  async #both(
    states: readonly State[],
    middle: State | null,
  ): Promise<{ readonly both: Both } | { readonly reason: string }> {
    const chosen: { query: Query; make: Make }[] = [];
    const met = new Map<State["name"], Map<string, readonly Difference[]>>(
      states.map(({ name }) => [name, new Map()]),
    );
    let left = this.#input.to.queries;
    let reason = "";
    for (const make of MAKES) {
      if (left.length === 0) break;
      const made: Query[] = [];
      for (const query of left) {
        const one = await this.#make(make, query, states, middle);
        if (one !== null) made.push(one);
      }
      const runs: (readonly [State, Met])[] = [];
      for (const state of states) runs.push([state, await this.#runMade(make, made, state, middle)]);
      for (const query of made) {
        const bad = runs.find(([, one]) => !works(one, query.name));
        if (bad === undefined) {
          for (const [{ name }, one] of runs)
            met.get(name)!.set(query.name, one.differences.get(query.name)!);
          chosen.push({ query, make });
          continue;
        }
        const first = bad[1].differences.get(query.name)?.find(({ effect }) => effect === "breaks");
        reason ||= `${query.name}, on the ${bad[0].name} schema: ${first?.message ?? "it does not work"}`;
      }
      left = left.filter(({ name }) => !chosen.some(({ query }) => query.name === name));
    }
    return left.length > 0 ? { reason } : { both: { queries: chosen, met } };
  }

  async #make(
    make: Make,
    query: Query,
    states: readonly State[],
    middle: State | null,
  ): Promise<Query | null> {
    const deployed = this.#input.from.queries.find(({ name }) => name === query.name) ?? null;
    switch (make) {
      case "new":
        return query;
      case "new, typed for both schemas": {
        const on = middle ?? this.#deployed;
        const there = (await this.#met("new", on)).there.get(query.name);
        // Other types, and the same texts: those of its variants, too.
        return there === undefined ? null : { ...there, sql: query.sql };
      }
      case "new, with casts": {
        const [first] = states;
        return first === undefined || first.name === "new"
          ? null
          : withCasts(query, (await this.#met("new", first)).there.get(query.name));
      }
      case "deployed":
        return deployed;
      case "deployed, typed for both schemas":
        return (
          deployed &&
          retyped(deployed, (await this.#met("deployed", middle ?? this.#new)).there.get(query.name))
        );
      case "deployed, typed for the new schema":
        return deployed && retyped(deployed, (await this.#met("deployed", this.#new)).there.get(query.name));
    }
  }

  /** Runs queries of the version in between. */
  async #runMade(make: Make, made: readonly Query[], state: State, middle: State | null): Promise<Met> {
    if (made.length === 0) return { differences: new Map(), there: new Map() };
    if (make === "new" || make === "deployed") return this.#met(make, state);
    const home =
      make === "new, typed for both schemas"
        ? (middle ?? this.#deployed)
        : make === "deployed, typed for both schemas"
          ? (middle ?? this.#new)
          : this.#new;
    if (home.name === state.name) {
      // Its types are those of this schema; whether PostgreSQL takes it was seen of the text.
      if (make === "new, with casts") return atHome(made);
      return ofText(await this.#met(make.startsWith("new") ? "new" : "deployed", state), made);
    }
    const names = made.map(({ name }) => name).join(" ");
    const met = await this.#once(`${make} ${names} ${state.name}`, () =>
      runOn(made, home, state, this.#input.role),
    );
    return make === "new, with casts" ? withCare(met, made, await this.#met("new", state)) : met;
  }

  /** Runs all queries of a version on a schema. */
  #met(version: "deployed" | "new", on: State): Promise<Met> {
    const { from, to, role } = this.#input;
    const own = version === "deployed" ? this.#deployed : this.#new;
    if (on.name === own.name) return Promise.resolve(atHome(own.side.queries));
    return this.#once(`${version} ${on.name}`, () =>
      version === "deployed" ? runOn(from.queries, own, on, role) : runAhead(to, from.queries, on, role),
    );
  }

  #once(key: string, work: () => Promise<Met>): Promise<Met> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const run = work();
    this.#known.set(key, run);
    return run;
  }

  async #between(): Promise<Between | string> {
    const [from, to] = await this.#sides();
    const { changes, base, migration } = await compareSides(from, to, { migration: true });
    if (migration === null || migration.unsupported.length > 0)
      return `no statements are written for ${migration?.unsupported.map(({ identity }) => identity).join(", ")}`;
    return { from, to, changes, renamed: base, statements: migration.statements };
  }

  async #sides(): Promise<[Side, Side]> {
    const { from, to } = this.#input;
    return [await this.#side(from), await this.#side(to)];
  }

  async #side(side: SideOf): Promise<Side> {
    const files = await filesOf(side);
    const { project, set } = side;
    const extensions = extensionsNamed([...files, ...(await filesOf(this.#input.to))]);
    return readSide({ project, files, extensions, databaseUri: set.databaseUri });
  }

  async #expanded({ expand, backfill, settle }: Expansion): Promise<Expanded> {
    const { from } = this.#input;
    const files = await filesOf(from);
    const state = (name: State["name"], statements: readonly string[]): State => ({
      name,
      side: { ...from, queries: [], files: [...files, fileOf(statements)] },
    });
    const expanded = state("expanded", [...expand, ...(settle.length > 0 ? backfill : []), ...settle]);
    return settle.length > 0 ? { expanded, expanding: state("expanding", expand) } : { expanded };
  }

  /** The SQL that leads from a schema to the new one. */
  async #toNew(state: State, ends: readonly (readonly string[])[] = []): Promise<string> {
    const from = await this.#side(state.side);
    const to = await this.#side(this.#input.to);
    if (ends.length > 0) {
      const blocks = ends.map((end) => `begin;\n${script(end)}commit;\n`);
      const files = [
        ...(await filesOf(state.side)),
        { path: "the end of the roll-out", text: script(ends.flat()) },
      ];
      const ended = await this.#side({ ...state.side, files });
      if (ended.diagnostics.every(({ severity }) => severity !== "error")) {
        const rest = (await this.#migration(ended, to)).trim();
        return `${blocks.join("\n")}${rest === "" ? "" : `\n${rest}\n`}`;
      }
    }
    // Where one thing stands for another, nobody may write between.
    return this.#migration(from, to, ends.length > 0);
  }

  async #migration(from: Side, to: Side, isWhole = false): Promise<string> {
    const { migration } = await compareSides(from, to, { migration: true });
    if (migration === null || migration.unsupported.length > 0)
      throw new DiagnosticError([
        {
          code: "internal-migration",
          severity: "error",
          message: "what is left to do cannot be written as a migration",
        },
      ]);
    if (migration.online === null || isWhole) return renderMigration(migration, []);
    return renderOnline(migration.online, [], "");
  }

  async #steps(
    { expands, both: place, newFirst }: Route,
    expansion: ({ readonly expansion: Expansion } & Partial<Expanded>) | null,
    both: Both | null,
  ): Promise<RollOutPlan> {
    const steps: PlanStep[] = [];
    let state = this.#deployed;
    let version: Version = "deployed";
    const add = async (
      step: Pick<PlanStep, "kind" | "title"> & Partial<PlanStep>,
      running: readonly Version[],
    ): Promise<void> => {
      const proof = await this.#proof(state, running, both);
      steps.push({ sql: "", version: null, queries: [], proof, ...step });
    };
    const deploy = async (next: Version): Promise<void> => {
      const queries =
        next === "both"
          ? (both?.queries ?? []).flatMap(({ query, make }) =>
              make === "new" ? [] : [{ name: query.name, make, sql: query.sql.text }],
            )
          : [];
      const title = next === "new" ? "deploy the new version" : "deploy a version that works on both schemas";
      await add({ kind: "deploy", title, version: next, queries }, [version, next]);
      version = next;
    };
    if (place === "before") await deploy("both");
    if (expands && expansion?.expanded) {
      const { expand, backfill, settle } = expansion.expansion;
      state = expansion.expanding ?? expansion.expanded;
      await add({ kind: "expand", title: "add what the new version needs", sql: script(expand) }, [version]);
      if (backfill.length + settle.length > 0) {
        state = expansion.expanded;
        const sql = script([...backfill, ...settle]);
        await add(
          { kind: "backfill", title: "give the rows that are there what the new version reads", sql },
          [version],
        );
      }
      if (place === "after") await deploy("both");
    }
    if (newFirst) await deploy("new");
    const fill = place !== null || newFirst ? (expansion?.expansion.fill ?? []) : [];
    const contract = await this.#toNew(state, expansion?.expansion.ends);
    if (fill.length > 0 && !newFirst)
      await add(
        { kind: "backfill", title: "give every row the values that will be required", sql: script(fill) },
        [version],
      );
    state = this.#new;
    const isWhole = !expands && version === "deployed";
    await add(
      isWhole
        ? { kind: "expand", title: "migrate", sql: contract }
        : { kind: "contract", title: "take away what no version uses any more", sql: contract },
      [version],
    );
    if (!newFirst) await deploy("new");
    return { steps, refused: null };
  }

  /** All versions' queries on a schema. */
  async #proof(state: State, running: readonly Version[], both: Both | null): Promise<PlanProof[]> {
    const versions: readonly Version[] = both === null ? ["deployed", "new"] : ["deployed", "both", "new"];
    const proofs: PlanProof[] = [];
    for (const version of versions) {
      const differences =
        version === "both" ? both!.met.get(state.name) : (await this.#met(version, state)).differences;
      if (differences === undefined) continue;
      const all = [...differences];
      const broken = all.flatMap(([query, own]) => {
        const first = own.find(({ effect }) => effect === "breaks");
        return first === undefined ? [] : [{ query, message: first.message }];
      });
      const toLookAt = all.filter(
        ([, own]) => own.length > 0 && own.every(({ effect }) => effect === "may"),
      ).length;
      proofs.push({ version, runs: running.includes(version), queries: all.length, broken, toLookAt });
    }
    return proofs;
  }
}

interface Expanded {
  readonly expanded: State;
  /** Before the rows have what is asked for in the end. */
  readonly expanding?: State;
}

const atHome = (queries: readonly Query[]): Met => ({
  differences: new Map(queries.map(({ name }) => [name, []])),
  there: new Map(queries.map((query) => [query.name, query])),
});

/** What PostgreSQL says against a text, whatever its types are. */
const OF_TEXT: ReadonlySet<string> = new Set(["verify-broken", "verify-missing-value", "verify-privilege"]);

function ofText({ differences, there }: Met, made: readonly Query[]): Met {
  const own = made.map(
    ({ name }) => [name, (differences.get(name) ?? []).filter(({ code }) => OF_TEXT.has(code))] as const,
  );
  return { differences: new Map(own), there };
}

const TEXTS = /^(?:text|character|citext)/;

/** A text that is cast may be one that cannot be. */
function withCare({ differences, there }: Met, made: readonly Query[], as: Met): Met {
  const all = new Map(differences);
  for (const { name, columns } of made) {
    const was = as.there.get(name)?.columns;
    const risky = columns.filter(
      ({ display }, i) => TEXTS.test(was?.[i]?.display ?? "") && !TEXTS.test(display),
    );
    const more = risky.map(
      (column): Difference => ({
        code: "verify-result",
        effect: "may",
        message: `column ${column.name}: a text that is no ${column.display} cannot be cast`,
      }),
    );
    all.set(name, [...(all.get(name) ?? []), ...more]);
  }
  return { differences: all, there };
}

function firstBroken({ differences }: Met, version: Version, { name }: State): string | null {
  for (const [query, own] of differences) {
    const first = own.find(({ effect }) => effect === "breaks");
    if (first !== undefined)
      return `${query} of the ${version} version, on the ${name} schema: ${first.message}`;
  }
  return null;
}

const script = (statements: readonly string[]): string =>
  statements.map((sql) => (sql.startsWith("--") ? `${sql}\n` : `${sql};\n`)).join("");

/** Behind all files of the deployed schema. */
const fileOf = (statements: readonly string[]): SchemaFile => ({
  path: "the first step of the roll-out",
  text: script(statements),
});
