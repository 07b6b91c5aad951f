import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { cachedPackage } from "./cached-package.ts";
import { generateIn } from "./command.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { SHORT_LIVED } from "./short-lived.ts";
import { SNAPSHOTS } from "./snapshots.ts";
import { writeStrictConfig } from "./strict-project.ts";

// The samples of the pages for those who come from another tool: generated on the schema of docs/testing.md, compiled, and run. What a
// page shows of the other tool runs before, on the same rows, and says that it gives the same.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OF_SQLC = "coming-from-sqlc.md";
const PAGES = readdirSync(join(ROOT, "docs")).filter(
  (name) => /^coming-from-.*\.md$/.test(name) && name !== OF_SQLC,
);

/** What the other tool's samples need beyond what is here; pgtyped's and TypedSQL's are generated, and tests/import.test.ts has them. */
const TOOLS: Readonly<Record<string, readonly [name: string, version: string] | null>> = {
  "coming-from-drizzle.md": ["drizzle-orm", "0.45.4"],
  "coming-from-kysely-codegen.md": ["kysely", "0.28.19"],
  "coming-from-pg.md": null,
};
const ROWS = `insert into authors (id, name, email) overriding system value values (1, 'Ursula', 'ursula@example.com');
insert into books (id, author_id, title, status, price) overriding system value values (1, 1, 'A', 'draft', 3), (2, 1, 'B', 'draft', 30);`;

/** Writes what a page shows of the other tool beside ours, where its package can be had; says whether it is there. */
function writeBefore(name: string, folder: string): boolean {
  const needed = TOOLS[name];
  const code = blocks(page(name), "ts").find((block) => !block.startsWith("// with us"));
  expect([name, code !== undefined]).toEqual([name, needed !== undefined]);
  if (needed === undefined) return false;
  if (needed !== null) {
    const [tool, version] = needed;
    const installed = cachedPackage(tool, version, `what docs/${name} shows of ${tool}`);
    if (installed === undefined) return false;
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    symlinkSync(installed, join(folder, "node_modules", tool), "junction");
  }
  writeFileSync(join(folder, name.replace(".md", ""), "before.ts"), `${HEAD}${code}`);
  return true;
}

const HEAD = 'import assert from "node:assert";\nimport { pool } from "../pool";\n';

function mustRun(args: readonly string[], cwd: string): string {
  const env = { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "" };
  const ran = spawnSync(process.execPath, args, { cwd, encoding: "utf8", env });
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

const page = (name: string): string => readFileSync(join(ROOT, "docs", name), "utf8");
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block]) => block!,
  );

test("the samples of every page generate, compile and run", async () => {
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "tests/tmp/coming-from-"));
  try {
    const schema = blocks(page("testing.md"), "sql").find((block) => block.startsWith("-- schema.sql"))!;
    writeFileSync(join(folder, "schema.sql"), schema);
    const hasBefore = new Set<string>();
    const entries = PAGES.map((name) => {
      const place = name.replace(".md", "");
      const text = page(name);
      mkdirSync(join(folder, place));
      const code = blocks(text, "ts").filter((block) => block.startsWith("// with us"));
      expect([name, blocks(text, "sql").length, code.length]).toEqual([name, 1, 1]);
      writeFileSync(join(folder, place, "queries.sql"), blocks(text, "sql").join("\n"));
      writeFileSync(join(folder, place, "sample.ts"), `${HEAD}${code[0]}`);
      if (writeBefore(name, folder)) hasBefore.add(name);
      return {
        engine: "postgresql",
        schema: "schema.sql",
        queries: `${place}/queries.sql`,
        gen: { typescript: { out: `${place}/db` } },
      };
    });
    writeFileSync(join(folder, "sqlc.json"), JSON.stringify({ version: "2", sql: entries }));
    writeFileSync(
      join(folder, "pool.ts"),
      `import { createTestDatabase } from "@solitude/runtime/testing";
export const database = await createTestDatabase({ schema: { files: "schema.sql" }, cache: ${JSON.stringify(SNAPSHOTS)} });
await database.begin();
export const pool = database.pgPool;
`,
    );
    // Each finds nothing of the one before.
    const runs = PAGES.map((name, i) => {
      const place = name.replace(".md", "");
      const restart = "await database.rollback();\nawait database.begin();\n";
      const rows = name in TOOLS ? `await database.pgPool.query(${JSON.stringify(ROWS)});\n` : "";
      const before = hasBefore.has(name) ? `${rows}await import("./${place}/before");\n${restart}` : "";
      return `${i === 0 ? "" : restart}${before}${rows}await import("./${place}/sample");\n`;
    });
    const main = `import { database } from "./pool";\n${runs.join("")}await database.rollback();\nawait database.close();\n`;
    writeFileSync(join(folder, "main.ts"), main);
    writeStrictConfig(folder);
    await generateIn(folder);
    mustRun([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".", ...ONE_CHECKER], folder);
    const outfile = join(folder, "main.mjs");
    const options = { bundle: true, format: "esm", packages: "external", platform: "node" } as const;
    await build({ ...options, entryPoints: [join(folder, "main.ts")], outfile });
    mustRun([...SHORT_LIVED, outfile], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
