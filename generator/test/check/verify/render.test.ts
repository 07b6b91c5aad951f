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
