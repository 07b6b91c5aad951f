import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examineInstallation } from "../../src/cli/doctor/installation.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "installation-"));
  mkdirSync(join(root, "dist/support"), { recursive: true });
  const contents = {
    "cluster.tar": "c",
    "builtins.json": "{}",
    "embedded-worker.cjs": "w",
    "support/json.ts": "j",
  };
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(root, "dist", name), text);
  const sizes = Object.entries(contents).map(([name, text]) => [name, text.length]);
  writeFileSync(join(root, "dist/files.json"), JSON.stringify(Object.fromEntries(sizes)));
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "solitude-gen", version: "1.0.0" }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const said = (): string[] =>
  examineInstallation("1.0.0", root, join(root, "dist")).findings.map(
    ({ severity, message }) => `${severity}: ${message.replace(join(root, "dist/"), "")}`,
  );

test("an installation that was cut off: what is missing, and what has another length", () => {
  expect(said()).toEqual([]);
  writeFileSync(join(root, "dist/cluster.tar"), "");
  rmSync(join(root, "dist/support"), { recursive: true });
  rmSync(join(root, "dist/builtins.json"));
  expect(said()).toEqual([
    "warning: builtins.json is missing: each run reads PostgreSQL's own functions and types anew",
    "error: cluster.tar has 0 bytes, and was made with 1",
    "error: support/json.ts is missing",
  ]);
});

test("a package that cannot be read is of no version", () => {
  writeFileSync(
    join(root, "package.json"),
    JSON.stringify({ name: "solitude-gen", dependencies: { pg: "^8.0.0" } }),
  );
  mkdirSync(join(root, "node_modules/pg"), { recursive: true });
  writeFileSync(join(root, "node_modules/pg/package.json"), "{");
  expect(said()).toEqual([
    "error: the package pg is of no version that can be read, and solitude-gen was built for ^8.0.0",
  ]);
});
