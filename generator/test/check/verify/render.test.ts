import { renderVerdict } from "../../../src/check/verify/render.ts";
import type { Verdict } from "../../../src/check/verify/verify.ts";

const SAFE: Verdict = {
  safe: ["migrate-first", "deploy-first"],
  refused: 0,
  schemaChanged: true,
  deployed: 1,
  next: 2,
  findings: [],
  plans: [],
};

test("one query is told as one, and several as several", () => {
  expect(renderVerdict(SAFE, false)).toBe(
    [
      "safe in either order",
      "  ✔ migrate first: 1 deployed query on the new schema: nothing breaks",
      "  ✔ deploy first: 2 new queries on the deployed schema: nothing breaks",
      "",
    ].join("\n"),
  );
});

test("what is to be looked at is counted by queries, and none that break", () => {
  const met = (query: string, effect: "breaks" | "may"): Verdict["findings"][number] => ({
    code: "verify-changed",
    effect,
    message: "",
    order: "migrate-first",
    query,
    version: "deployed",
    span: null,
    deployedAt: null,
    cause: null,
  });
  const findings = [
    met("A", "breaks"),
    met("A", "may"),
    met("B", "may"),
    met("B", "may"),
    met("C", "may"),
  ] as const;
  expect(renderVerdict({ ...SAFE, safe: ["deploy-first"], deployed: 4, findings }, false)).toContain(
    "✘ migrate first: 4 deployed queries on the new schema: 1 breaks, 2 to look at\n",
  );
});
