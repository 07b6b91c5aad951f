import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { createDatabase } from "./postgres/database.ts";

// Each example is generated, compiled, and run on PostgreSQL; it prints what its README says.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const EXAMPLES = readdirSync(join(ROOT, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function run(args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  const ran = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
  });
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

test.each(EXAMPLES)("%s", async (name) => {
  // Inside the repository, where the packages are found.
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "tests/tmp/example-"));
  const database = await createDatabase();
  try {
    cpSync(join(ROOT, "examples", name), folder, { recursive: true });
    const compilerOptions = {
      target: "es2022",
      module: "esnext",
      moduleResolution: "bundler",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    run([join(ROOT, "generator/bin/solitude-gen.js"), "generate"], folder);
    run([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], folder);
    const outfile = join(folder, "main.mjs");
    await build({
      entryPoints: [join(folder, "main.ts")],
      outfile,
      bundle: true,
      format: "esm",
      packages: "external",
      platform: "node",
    });
    await database.pool.query(readFileSync(join(folder, "schema.sql"), "utf8"));
    const [, expected] =
      /^```text\n([\s\S]*?)^```$/m.exec(readFileSync(join(folder, "README.md"), "utf8")) ?? [];
    expect(run([outfile], folder, { DATABASE_URL: database.url })).toBe(expected);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  }
});

test("the list of examples has each of them", () => {
  const listed = [...readFileSync(join(ROOT, "examples/README.md"), "utf8").matchAll(/^\| \[(\S+)\]/gm)].map(
    ([, name]) => name,
  );
  expect(listed.toSorted()).toEqual(EXAMPLES.toSorted());
});
