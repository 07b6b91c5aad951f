import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeStrictConfig } from "./strict-project.ts";

// The samples of the pages for those who come from another tool: generated on the schema of docs/testing.md, compiled, and run.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OF_SQLC = "coming-from-sqlc.md";
const PAGES = readdirSync(join(ROOT, "docs")).filter(
  (name) => /^coming-from-.*\.md$/.test(name) && name !== OF_SQLC,
);

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
    const entries = PAGES.map((name) => {
      const place = name.replace(".md", "");
      const text = page(name);
      mkdirSync(join(folder, place));
      const code = blocks(text, "ts").filter((block) => block.startsWith("// with us"));
      expect([name, blocks(text, "sql").length, code.length]).toEqual([name, 1, 1]);
      writeFileSync(join(folder, place, "queries.sql"), blocks(text, "sql").join("\n"));
      const head = 'import assert from "node:assert";\nimport { pool } from "../pool";\n';
      writeFileSync(join(folder, place, "sample.ts"), `${head}${code[0]}`);
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
export const database = await createTestDatabase({ schema: { files: "schema.sql" } });
await database.begin();
export const pool = database.pgPool;
`,
    );
    // Each finds nothing of the one before.
    const runs = PAGES.map((name, i) => {
      const restart = "await database.rollback();\nawait database.begin();\n";
      return `${i === 0 ? "" : restart}await import("./${name.replace(".md", "")}/sample");\n`;
    });
    const main = `import { database } from "./pool";\n${runs.join("")}await database.rollback();\nawait database.close();\n`;
    writeFileSync(join(folder, "main.ts"), main);
    writeStrictConfig(folder);
    mustRun([join(ROOT, "generator/bin/solitude-gen.js"), "generate"], folder);
    mustRun([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], folder);
    const outfile = join(folder, "main.mjs");
    const options = { bundle: true, format: "esm", packages: "external", platform: "node" } as const;
    await build({ ...options, entryPoints: [join(folder, "main.ts")], outfile });
    mustRun([outfile], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
