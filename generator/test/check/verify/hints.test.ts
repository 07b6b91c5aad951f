import { toDiagnostics, type VerifyFinding } from "../../../src/check/verify/findings.ts";

const finding = (order: VerifyFinding["order"], code: VerifyFinding["code"]): VerifyFinding => ({
  query: "Add",
  order,
  version: order === "migrate-first" ? "deployed" : "new",
  code,
  effect: "breaks",
  message: "it is refused",
  cause: null,
  span: null,
  deployedAt: null,
});

test.each([
  ["verify-broken", /^Add the new beside the old, deploy,/, /^Add what it needs .* migrate, and deploy/],
  [
    "verify-nullability",
    /^Deploy the version that expects null first/,
    /^Expect null until the schema forbids it/,
  ],
  [
    "verify-enum",
    /^Deploy the version that knows the value/,
    /^Add the value in a change of its own, migrate/,
  ],
  [
    "verify-missing-value",
    /when every version writes it\.$/,
    /deploy the version that leaves it out behind that\.$/,
  ],
] as const)("%s: what to do is said for the order that it is met in", (code, migrating, deploying) => {
  const hintIn = (order: VerifyFinding["order"]) =>
    toDiagnostics({ findings: [finding(order, code)], safe: [] }, "main", order)[0]?.hint;
  expect(hintIn("migrate-first")).toMatch(migrating);
  expect(hintIn("deploy-first")).toMatch(deploying);
});
