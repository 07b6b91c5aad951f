import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { startProgress } from "../../src/cli/progress.ts";
import { commandHere, type Terminal, telling, wantsColor } from "../../src/cli/terminal.ts";
import { renderPretty } from "../../src/diagnostics/pretty.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import { GENERATED_HEADER } from "../../src/output/ownership.ts";
import { buildCli, runProcess, writeProject } from "./built-cli.ts";

const CLEAR_LINE = "\r\u001b[2K";
const ESCAPE = "\u001b[";
const error = { code: "query-invalid", severity: "error", message: "no such column" };

test("colors on a terminal, unless told otherwise", () => {
  expect(wantsColor(undefined, {}, true)).toBe(true);
  expect(wantsColor(undefined, {}, false)).toBe(false);
  expect(wantsColor(undefined, { TERM: "dumb" }, true)).toBe(false);
  expect(wantsColor(undefined, { NO_COLOR: "1" }, true)).toBe(false);
  expect(wantsColor(undefined, { NO_COLOR: "" }, true)).toBe(true);
  expect(wantsColor(undefined, { FORCE_COLOR: "1" }, false)).toBe(true);
  expect(wantsColor(undefined, { FORCE_COLOR: "0" }, true)).toBe(false);
  expect(wantsColor(false, { FORCE_COLOR: "1" }, true)).toBe(false);
  expect(wantsColor(true, { NO_COLOR: "1" }, false)).toBe(true);
});

test.each([
  [undefined, "solitude-gen"],
  ["npm/11.6.2 node/v24.11.1 linux x64 workspaces/false", "npx solitude-gen"],
  ["pnpm/10.23.0 npm/? node/v24.11.1 linux x64", "pnpm exec solitude-gen"],
  ["yarn/4.12.0 npm/? node/v24.11.1 linux x64", "yarn solitude-gen"],
  ["bun/1.3.3 npm/? node/v24.3.0 linux x64", "bunx solitude-gen"],
])("run by %s, hints name %s", (npm_config_user_agent, command) => {
  expect(commandHere({ npm_config_user_agent })).toBe(command);
  const hint = "`solitude-gen init` writes one; see https://example.org/`solitude-gen`.";
  const found: Diagnostic = { code: "config-missing", severity: "error", message: "none", hint };
  expect(renderPretty([found], () => undefined, { color: false, command })).toContain(
    `hint: \`${command} init\` writes one; see https://example.org/\`solitude-gen\`.`,
  );
});

describe("progress", () => {
  let written: string[];
  const streams = {
    out: async () => {},
    err: (text: string) => void written.push(text),
    outColor: false,
    errColor: false,
    canRedraw: true,
    command: "solitude-gen",
  };
  const terminal: Terminal = telling(streams, false);
  beforeEach(() => {
    written = [];
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test("nothing in the first second; then a line no wider than the terminal, taken away at the end", () => {
    const progress = startProgress(terminal, "first", 10);
    jest.advanceTimersByTime(900);
    progress.update(1, 200, "GetA");
    expect(written).toEqual([]);
    jest.advanceTimersByTime(200);
    progress.update(2, 200, "GetAuthorsAndMore");
    progress.update(3, 200, "too soon after");
    expect(written).toEqual([`${CLEAR_LINE}2/200 Get`]);
    progress.stop();
    progress.stop();
    expect(written.slice(1)).toEqual([CLEAR_LINE]);
  });

  test("what is not counted is shown by its name", () => {
    const progress = startProgress(terminal, "comparing", 80);
    jest.advanceTimersByTime(5_000);
    expect(written).toEqual([`${CLEAR_LINE}comparing …`]);
    progress.stop();
  });

  test("a short run prints nothing, and no terminal gets anything", () => {
    startProgress(terminal).stop();
    const progress = startProgress({ ...terminal, canRedraw: false });
    jest.advanceTimersByTime(5_000);
    progress.update(1, 2, "GetA");
    progress.stop();
    expect(written).toEqual([]);
  });
});

/** util-linux's; that of macOS takes other arguments. */
const hasScript = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux");
const onTerminal = hasScript ? describe : describe.skip;

onTerminal("the built command on a pseudo-terminal", () => {
  let cli: string;
  let cwd: string;
  beforeAll(async () => {
    cli = await buildCli();
  });
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "solitude-gen-pty-"));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  function run(
    args: string,
    env: Readonly<Record<string, string>>,
    onOutput: (soFar: string, type: (keys: string) => void) => void = () => {},
  ): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve, reject) => {
      const { NO_COLOR: _n, FORCE_COLOR: _f, CI: _c, ...inherited } = process.env;
      const command = `'${process.execPath}' '${cli}' ${args}`;
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        cwd,
        env: { ...inherited, TERM: "xterm-256color", ...env },
      });
      let output = "";
      child.stdout.on("data", (data) => {
        output += data;
        onOutput(output, (keys) => void child.stdin.write(keys));
      });
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, output }));
    });
  }

  test("colors are for terminals, and the environment has the last word", async () => {
    writeProject(cwd, { diagnostics: [error] });
    const plain = await run("generate", { NO_COLOR: "1" });
    expect(plain).toMatchObject({ code: 1, output: expect.stringContaining("error[query-invalid]") });
    // A slow machine shows progress.
    expect(plain.output.replaceAll(CLEAR_LINE, "")).not.toContain(ESCAPE);
    expect((await run("generate", {})).output).toContain(ESCAPE);
    expect((await run("generate 2>/dev/null", {})).output).toBe("");
    const piped = await runProcess(process.execPath, [cli, "generate"], { cwd });
    expect(piped.stderr).not.toContain(ESCAPE);
    const forced = await runProcess(process.execPath, [cli, "generate"], { cwd, env: { FORCE_COLOR: "1" } });
    expect(forced.stderr).toContain(ESCAPE);
  });

  test("Ctrl-C: 130, the line is taken away, the output is as it was", async () => {
    const files = [{ path: "a.ts", contents: `${GENERATED_HEADER}\nold\n` }];
    writeProject(cwd, { files });
    await run("generate", {});
    writeProject(cwd, { hangMs: 600_000, files: [{ path: "b.ts", contents: `${GENERATED_HEADER}\nnew\n` }] });
    let pressed = false;
    const { code, output } = await run("generate", {}, (soFar, type) => {
      if (pressed || !soFar.includes("1/2 GetA")) return;
      pressed = true;
      type("\u0003");
    });
    expect(code).toBe(130);
    expect(output.endsWith(CLEAR_LINE)).toBe(true);
    expect(readdirSync(join(cwd, "gen"))).toEqual(["a.ts"]);
    expect(readFileSync(join(cwd, "gen/a.ts"), "utf8")).toBe(files[0]!.contents);
  });
});
