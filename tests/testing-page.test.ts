import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { generateIn } from "./command.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { SHORT_LIVED } from "./short-lived.ts";
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

/** What a file has in which the page's parts stand. */
const AROUND_PARTS = `import { createTestDatabase, type TestDatabase } from "@solitude/runtime/testing";
import { schema } from "./db/schema.js";
declare function beforeAll(hook: () => Promise<void>): void;
declare function afterAll(hook: () => Promise<void>): void;
declare function beforeEach(hook: () => Promise<void>): void;
declare function afterEach(hook: () => Promise<void>): void;
`;

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
      "schema.sql",
      "reviews.test.ts",
    ]);
    for (const [, name, text] of files) appendFileSync(join(folder, name!), text!);
    // What is no file is part of one that the reader has.
    const parts = [...page.matchAll(/^```ts\n(?!\/\/ [\w.]+\.ts\n)([\s\S]*?)^```$/gm)].map(
      ([, text]) => `{\n${text}void (() => database);\n}\n`,
    );
    expect(parts).toHaveLength(2);
    writeFileSync(join(folder, "parts.ts"), `${AROUND_PARTS}${parts.join("")}`);
    writeStrictConfig(folder);
    await generateIn(folder);
    run([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".", ...ONE_CHECKER], folder);
    await build({
      entryPoints: ["books", "reviews"].map((name) => join(folder, `${name}.test.ts`)),
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      format: "esm",
      packages: "external",
      platform: "node",
    });
    expect(
      run([...SHORT_LIVED, "--test", "--test-reporter=tap", "books.test.mjs", "reviews.test.mjs"], folder),
    ).toMatch(/^# pass 4\n# fail 0$/m);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
