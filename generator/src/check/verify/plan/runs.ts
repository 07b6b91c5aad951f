import type { Query } from "../../../model/query.ts";
import type { Difference } from "../difference.ts";
import type { PlanInput } from "./model.ts";
import { type Met, runAhead, runOn, type State } from "./proofs.ts";
import type { Make } from "./versions.ts";

/** What becomes of each version's queries on each schema, each run once. */
export class Runs {
  readonly deployed: State;
  readonly new: State;
  readonly #input: PlanInput;
  /** By version and schema. */
  readonly #known = new Map<string, Promise<Met>>();

  constructor(input: PlanInput) {
    this.#input = input;
    this.deployed = { name: "deployed", side: input.from };
    this.new = { name: "new", side: input.to };
  }

  /** Forgets what was seen on an expanded schema: there is another one now. */
  forgetExpanded(): void {
    for (const name of [...this.#known.keys()]) if (/ expand(?:ed|ing)$/.test(name)) this.#known.delete(name);
  }

  /** Runs all queries of a version on a schema. */
  met(version: "deployed" | "new", on: State): Promise<Met> {
    const { from, to, role, all, crossed } = this.#input;
    const own = version === "deployed" ? this.deployed : this.new;
    if (on.name === own.name) return Promise.resolve(atHome(own.side.queries));
    // On one another's schema they were tried for the verdict.
    const known = on.name === "deployed" || on.name === "new" ? crossed : undefined;
    const trying = { role, all, known };
    return this.#once(`${version} ${on.name}`, () =>
      version === "deployed" ? runOn(from.queries, own, on, trying) : runAhead(to, from.queries, on, trying),
    );
  }

  #once(key: string, work: () => Promise<Met>): Promise<Met> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const run = work();
    this.#known.set(key, run);
    return run;
  }

  /** Runs queries of the version in between. */
  async made(make: Make, made: readonly Query[], state: State, middle: State | null): Promise<Met> {
    if (made.length === 0) return { differences: new Map(), there: new Map() };
    if (make === "new" || make === "deployed") return this.met(make, state);
    const home =
      make === "new, typed for both schemas"
        ? (middle ?? this.deployed)
        : make === "deployed, typed for both schemas"
          ? (middle ?? this.new)
          : this.new;
    if (home.name === state.name) {
      // Its types are those of this schema; whether PostgreSQL takes it was seen of the text.
      if (make === "new, with casts") return atHome(made);
      return ofText(await this.met(make.startsWith("new") ? "new" : "deployed", state), made);
    }
    const names = made.map(({ name }) => name).join(" ");
    const met = await this.#once(`${make} ${names} ${state.name}`, () =>
      runOn(made, home, state, { role: this.#input.role, all: true }),
    );
    return make === "new, with casts" ? withCare(met, made, await this.met("new", state)) : met;
  }
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
