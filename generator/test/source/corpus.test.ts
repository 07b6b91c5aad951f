import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { loadModule, scanSync } from "libpg-query";
import { loadConfig } from "../../src/config/load.ts";
import { DiskFiles } from "../../src/files/disk-files.ts";
import { DiagnosticError } from "../../src/model/diagnostic.ts";
import { readSource } from "../../src/source/read-source.ts";
import { tokenize } from "../../src/sql/lexer.ts";

const corpus = join(import.meta.dirname, "../../../../shared/cases");
const run = existsSync(corpus) ? test : test.skip;
if (!existsSync(corpus)) console.warn(`skipped: ${corpus} is missing`);

function files(pattern: RegExp): string[] {
  return readdirSync(corpus, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Cases that sqlc refuses, a statement that sqlc leaves out without a word, and one with a warning for an `:execlastid` that sqlc accepts and then writes nothing for. */
const REFUSED =
  /bad_config|sqlc_arg_invalid|invalid_queries_foo|:execlastid|hatchet-dev.*statement-without-annotation/;

run(
  "every configuration loads and every query file reads, but for those that are meant to fail",
  async () => {
    const problems: string[] = [];
    let queries = 0;
    const configs = files(/^sqlc\.(ya?ml|json)$/);
    for (const file of configs) {
      try {
        const { config, root } = await loadConfig(basename(file), dirname(file), {});
        for (const set of config.querySets) {
          const source = await readSource(new DiskFiles(root), set);
          queries += source.queries.length;
          for (const d of source.diagnostics) problems.push(`${file}: ${d.code}: ${d.message}`);
        }
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        for (const d of error.diagnostics) problems.push(`${file}: ${d.code}: ${d.message}`);
      }
    }
    expect(problems.filter((problem) => !REFUSED.test(problem))).toEqual([]);
    expect(problems.filter((problem) => problem.includes("bad_config"))).toHaveLength(1);
    expect(queries).toBeGreaterThan(1000);
  },
);

run("the lexer agrees with PostgreSQL's own on every file that it can read", async () => {
  await loadModule();
  let compared = 0;
  for (const file of files(/\.sql$/)) {
    const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    let theirs: readonly { start: number; end: number }[];
    try {
      theirs = scanSync(text).tokens;
    } catch {
      continue;
    }
    const bytes = Buffer.from(text);
    const ascii = bytes.length === text.length;
    const offset = (at: number): number => (ascii ? at : bytes.subarray(0, at).toString().length);
    const expected = theirs.map((token) => `${offset(token.start)}-${offset(token.end)}`);
    expect([file, ...tokenize(text).map((token) => `${token.start}-${token.end}`)]).toEqual([
      file,
      ...expected,
    ]);
    compared++;
  }
  expect(compared).toBeGreaterThan(500);
});
