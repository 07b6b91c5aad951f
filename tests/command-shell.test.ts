import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandShell, type Said } from "./command-shell.ts";

let folder: string;
let shell: CommandShell;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "command-shell-"));
  shell = await CommandShell.open();
});
afterAll(async () => {
  await shell.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (script: string, env: NodeJS.ProcessEnv = {}): Promise<Said> =>
  shell.run(script, { cwd: folder, env: { ...process.env, ...env } });

test("a command is answered with what it prints, into pipes and files and to scripts that are started", async () => {
  const { status, stdout, stderr } = await run(
    "solitude_gen version | sed 's/^/piped: /'\nsolitude_gen explain config-missing > page.txt\nbash -c 'solitude_gen version'\n",
  );
  expect([status, stdout, stderr]).toEqual([0, expect.stringMatching(/^piped: (.*)\n\1\n$/), ""]);
  expect(readFileSync(join(folder, "page.txt"), "utf8")).toContain("config-missing");
});

test("a command that fails ends the script with its exit code, unless the script has a use for it", async () => {
  expect(await run("solitude_gen generate\necho not reached\n")).toEqual({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining("config-missing"),
  });
  expect(await run('solitude_gen generate 2> err.txt || echo "ended with $?"\n')).toEqual({
    status: 0,
    stdout: "ended with 2\n",
    stderr: "",
  });
});

test("a command is in the script's folder and environment, and this process is as it was", async () => {
  const before = [process.cwd(), { ...process.env }];
  const { stderr } = await run(
    "mkdir -p inner\ncd inner\nGITHUB_ACTIONS=true solitude_gen generate || true\n",
  );
  expect(stderr).toMatch(/^::error/m);
  expect([process.cwd(), { ...process.env }]).toEqual(before);
});
