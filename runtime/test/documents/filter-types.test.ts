import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ONE_CHECKER } from "../../../tests/one-checker.ts";

test("the types of filters hold without exactOptionalPropertyTypes", () => {
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
  const compiler = path("../../../node_modules/typescript/bin/tsc");
  const run = () =>
    execFileSync(process.execPath, [compiler, "-p", path("loose.tsconfig.json"), ...ONE_CHECKER], {
      encoding: "utf8",
    });
  expect(run()).toBe("");
});
