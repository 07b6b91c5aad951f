import type { Expansion } from "./expansion.ts";
import type { Both, Expanded, PlanProof, PlanStep, Route, Version } from "./model.ts";
import type { State } from "./proofs.ts";
import type { Runs } from "./runs.ts";
import { type Schemas, script } from "./schemas.ts";

/** What is done on the way: what is expanded, if anything, and the version in between, if there is one. */
export interface Way {
  readonly route: Route;
  readonly expansion: ({ readonly expansion: Expansion } & Partial<Expanded>) | null;
  /** What gives the rows the values that will be required, when no version writes rows without them any more. */
  readonly fill: readonly string[];
  readonly both: Both | null;
  /** The migration as it was written, where that is done as a whole; else what leads to the new schema is written anew. */
  readonly own?: string;
  /** The routines that queries of a version rely on, by their names, which do in the last step alone what they do for the new one. */
  lateFor?(version: Version): readonly string[];
}

/** Writes the steps of a way that was seen to work, with what was seen of each. */
export async function stepsOf(
  { route: { expands, both: place, newFirst }, expansion, fill, both, own, lateFor }: Way,
  runs: Runs,
  schemas: Schemas,
): Promise<readonly PlanStep[]> {
  const steps: PlanStep[] = [];
  let state = runs.deployed;
  let version: Version = "deployed";
  /** Whether the new schema is there. */
  let isDone = false;
  const add = async (
    step: Pick<PlanStep, "kind" | "title"> & Partial<PlanStep>,
    running: readonly Version[],
  ): Promise<void> => {
    const proof = await proofOf(state, { running, both }, runs);
    steps.push({ sql: "", version: null, queries: [], caution: null, proof, ...step });
  };
  const deploy = async (next: Version): Promise<void> => {
    const queries =
      next === "both"
        ? (both?.queries ?? []).flatMap(({ query, make }) =>
            make === "new" ? [] : [{ name: query.name, make, sql: query.sql.text }],
          )
        : [];
    const title = next === "new" ? "deploy the new version" : "deploy a version that works on both schemas";
    const late = isDone ? [] : (lateFor?.(next) ?? []);
    const caution = late.length === 0 ? null : doesAsBefore(late);
    await add({ kind: "deploy", title, version: next, queries, caution }, [version, next]);
    version = next;
  };
  if (place === "before") await deploy("both");
  if (expands && expansion?.expanded) {
    const { expand, backfill, settle, isOfItsMoment } = expansion.expansion;
    state = expansion.expanding ?? expansion.expanded;
    await add({ kind: "expand", title: "add what the new version needs", sql: script(expand) }, [version]);
    if (backfill.length + settle.length > 0) {
      state = expansion.expanded;
      const sql = script([...backfill, ...settle]);
      await add(
        {
          kind: "backfill",
          title: "give the rows that are there what the new version reads",
          sql,
          caution: isOfItsMoment ? NOT_CARRIED_OVER : null,
        },
        [version],
      );
    }
    if (place === "after") await deploy("both");
  }
  if (newFirst) await deploy("new");
  const contract = own ?? (await schemas.toNew(state, expansion?.expansion.ends));
  if (fill.length > 0)
    await add(
      { kind: "backfill", title: "give every row the values that will be required", sql: script(fill) },
      [version],
    );
  state = runs.new;
  isDone = true;
  const isWhole = !expands && version === "deployed";
  await add(
    isWhole
      ? { kind: "expand", title: "migrate", sql: contract }
      : { kind: "contract", title: "take away what no version uses any more", sql: contract },
    [version],
  );
  if (!newFirst) await deploy("new");
  return steps;
}

const NOT_CARRIED_OVER =
  "what the deployed version writes after this is not carried over: have it write nothing to these rows until the new version runs, or carry over what it wrote when it runs no more";

const doesAsBefore = (routines: readonly string[]): string =>
  `until the last step ${routines.join(", ")} ${routines.length === 1 ? "does" : "do"} what the deployed version means, also for what this one writes and reads: see that this is meant, or have the new body come under a name of its own`;

/** Runs all versions' queries on a schema. */
async function proofOf(
  state: State,
  { running, both }: { readonly running: readonly Version[]; readonly both: Both | null },
  runs: Runs,
): Promise<PlanProof[]> {
  const versions: readonly Version[] = both === null ? ["deployed", "new"] : ["deployed", "both", "new"];
  const proofs: PlanProof[] = [];
  for (const version of versions) {
    const differences =
      version === "both" ? both!.met.get(state.name) : (await runs.met(version, state)).differences;
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
