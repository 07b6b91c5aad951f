import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeStrictConfig } from "./strict-project.ts";

// docs/testing.md, followed: its files are written, generated, compiled and run.

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function run(args: readonly string[], cwd: string): string {
  const ran = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "", NODE_TEST_CONTEXT: undefined },
  });
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

test("the page's files generate, compile, and pass", async () => {
  const page = readFileSync(join(ROOT, "docs/testing.md"), "utf8");
  // Inside the repository, where the packages are found.
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "tests/tmp/testing-"));
  try {
    const files = [...page.matchAll(/^```\w+\n(?:--|#|\/\/) ([\w.]+\.(?:yaml|sql|ts))\n([\s\S]*?)^```$/gm)];
    expect(files.map(([, name]) => name)).toEqual([
      "sqlc.yaml",
      "schema.sql",
      "queries.sql",
      "books.test.ts",
    ]);
    for (const [, name, text] of files) writeFileSync(join(folder, name!), text!);
    writeStrictConfig(folder);
    run([join(ROOT, "generator/bin/solitude-gen.js"), "generate"], folder);
    run([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], folder);
    await build({
      entryPoints: [join(folder, "books.test.ts")],
      outfile: join(folder, "books.test.mjs"),
      bundle: true,
      format: "esm",
      packages: "external",
      platform: "node",
    });
    expect(run(["--test", "--test-reporter=tap", "books.test.mjs"], folder)).toMatch(/^# pass 3\n# fail 0$/m);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
