import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readManual } from "../../src/diagnostics/manual.ts";
import { type Ran, runProcess } from "./built-cli.ts";
import { runCommand } from "./in-process.ts";

const CLI = fileURLToPath(new URL("../../bin/solitude-gen.js", import.meta.url));
const run = (...args: string[]): Promise<Ran> => runProcess(process.execPath, [CLI, ...args], {});
const explain = (...args: string[]): ReturnType<typeof runCommand> =>
  runCommand(import.meta.dirname, ...args);

test("a code is explained as the manual has it, a rule by its page", async () => {
  const { code, out, err } = await explain("explain", "config-missing");
  expect(err).toBe("");
  expect(code).toBe(0);
  const { section, meaning, mend } = (await readManual()).find((entry) => entry.code === "config-missing")!;
  expect(out).toBe(`# config-missing\n\n${section}.\n\n${meaning}\n\n## How to mend it\n\n${mend}\n`);
  expect(await explain("explain", "drop-column")).toEqual(await explain("vet", "--explain", "drop-column"));
});

test("without a code all are listed; an unknown one is a wrong usage", async () => {
  const { out } = await explain("explain");
  for (const { code } of await readManual()) expect(out).toContain(`\n  ${code} `);
  const unknown = await explain("explain", "query-invlid");
  expect(unknown).toMatchObject({ code: 2, out: "" });
  expect(unknown.err).toContain('did you mean "query-invalid"?');
});

test.each(["bash", "zsh", "fish", "powershell"])("the script for %s asks the program", async (shell) => {
  const { code, stdout } = await run("completion", shell);
  expect(code).toBe(0);
  expect(stdout).toMatch(/solitude-gen complete (--|'--') /);
});

test("bash takes the script twice, and beside another tool's with the same names", async () => {
  const { stdout } = await run("completion", "bash");
  const file = join(mkdtempSync(join(tmpdir(), "completion-")), "script");
  writeFileSync(file, stdout);
  const script = `readonly ShellCompDirectiveError=1; source ${file}; source ${file}; echo "$ShellCompDirectiveNoSpace"`;
  const sourced = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  rmSync(dirname(file), { recursive: true });
  expect([sourced.stdout, sourced.stderr]).toEqual(["2\n", ""]);
});

/** What is offered for the last word. */
const offered = async (...words: string[]): Promise<string[]> => {
  const { code, stdout } = await run("complete", "--", ...words);
  expect(code).toBe(0);
  return stdout
    .split("\n")
    .slice(0, -2)
    .map((line) => line.split("\t")[0]!);
};
const FILES = { code: 0, stdout: ":0\n", stderr: "" };

test("commands, options with those of all commands, and their values are completed", async () => {
  expect(await offered("gen")).toEqual(["generate"]);
  expect(await offered("generate", "--c")).toEqual(["--check", "--config", "--cwd", "--color"]);
  expect(await offered("vet", "--fail-on", "")).toEqual(["warning", "error"]);
  expect(await offered("cache", "cl")).toEqual(["clear"]);
  expect(await offered("completion", "z")).toEqual(["zsh"]);
  const rules = readdirSync(new URL("../../../docs/rules", import.meta.url)).length - 1;
  expect(await offered("explain", "")).toHaveLength((await readManual()).length + rules);
});

test("where a path belongs, the shell completes it", async () => {
  expect(await run("complete", "--", "-f", "")).toEqual(FILES);
  expect(await run("complete", "--", "diff", "--against", "ma")).toEqual(FILES);
});
