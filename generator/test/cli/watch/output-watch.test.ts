import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OutputWatch } from "../../../src/cli/watch/output-watch.ts";
import type { OutputPlan } from "../../../src/output/plan.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "output-watch-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function planned(out: string, ...names: readonly string[]): OutputPlan {
  const wanted = names.map((name) => {
    const shown = out === "." ? name : `${out}/${name}`;
    return { kind: "create", path: join(root, shown), shown, contents: "", previous: null } as const;
  });
  return { folders: [join(root, out)], wanted, leftover: [], diagnostics: [] };
}
const NOTHING: OutputPlan = { folders: [], wanted: [], leftover: [], diagnostics: [] };

function round(
  plan: OutputPlan,
  written: OutputPlan | null,
  places: { folders?: string[]; trees?: string[] },
) {
  const absolute = (paths: string[] = []) => paths.map((path) => join(root, path));
  return {
    root,
    plan,
    written,
    inputs: { folders: absolute(places.folders), trees: absolute(places.trees) },
  };
}

test("a file of the output counts when it has gone, and what else happens beside it does not", () => {
  const watch = new OutputWatch();
  const plan = planned(".", "a.ts", "b.ts");
  writeFileSync(join(root, "a.ts"), "formatted");
  expect(watch.follow(round(plan, plan, {}), null)).toEqual([root]);
  expect(watch.counts(join(root, "a.ts"))).toBe(false);
  expect(watch.counts(join(root, "b.ts"))).toBe(true);
  expect(watch.counts(join(root, "mine.ts"))).toBe(false);
  expect(watch.counts(join(root, "queries/q.sql"))).toBe(true);
});

test("what lies beside the output counts where sources are looked for there", () => {
  for (const places of [{ folders: ["src/db"] }, { trees: ["src"] }, { trees: ["src/db"] }]) {
    const watch = new OutputWatch();
    const plan = planned("src/db", "a.ts");
    watch.follow(round(plan, plan, places), null);
    expect(watch.counts(join(root, "src/db/q.sql"))).toBe(true);
  }
  const beside = new OutputWatch();
  const plan = planned("src/db", "a.ts");
  beside.follow(round(plan, plan, { trees: ["src/d"] }), null);
  expect(beside.counts(join(root, "src/db/q.sql"))).toBe(false);
});

test("while the output cannot be written everything counts there", () => {
  const watch = new OutputWatch();
  const plan = planned("db", "a.ts");
  watch.follow(round(plan, null, {}), null);
  expect(watch.counts(join(root, "db/in-the-way"))).toBe(true);
  watch.follow(round(plan, plan, {}), null);
  expect(watch.counts(join(root, "db/in-the-way"))).toBe(false);
});

test("while an error of the sources keeps all from being written, the output is still that of before", () => {
  const watch = new OutputWatch();
  const before = planned("db", "a.ts");
  expect(watch.follow(round(NOTHING, null, {}), before)).toEqual([join(root, "db")]);
  expect(watch.counts(join(root, "db/a.ts"))).toBe(true);
  expect(watch.counts(join(root, "db/mine.ts"))).toBe(false);
  expect(new OutputWatch().follow(round(NOTHING, null, {}), null)).toEqual([]);
});
