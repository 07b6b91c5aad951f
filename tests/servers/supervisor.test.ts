import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const SUPERVISOR = join(import.meta.dirname, "supervisor.mjs");
const STARTS = "export const ways = [async () => ({ url: 'here', stop: async () => {} })];";
const DOES_NOT_START = "export const ways = [async () => { throw new Error('no such server'); }];";

const scratch = mkdtempSync(join(tmpdir(), "supervisor-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let runs = 0;

/** Supervises one server, to the end, for a run of this process's number. */
async function supervise(ways: string, run: number | undefined) {
  const memory = join(scratch, `memory-${runs++}`);
  const folder = join(memory, "run", "server-x");
  mkdirSync(folder, { recursive: true });
  const module = join(scratch, `ways-${runs}.mjs`);
  writeFileSync(module, ways);
  const supervisor = spawn(
    process.execPath,
    [SUPERVISOR, pathToFileURL(module).href, "", folder, String(run)],
    { env: { ...process.env, SOLITUDE_TEST_MEMORY: memory }, stdio: "ignore" },
  );
  await once(supervisor, "exit");
  return { memory, folder };
}

test("a server that does not start is told, and leaves the run what it has in memory", async () => {
  const { folder } = await supervise(DOES_NOT_START, process.pid);
  expect(JSON.parse(readFileSync(join(folder, "server.json"), "utf8"))).toEqual({
    problem: "no such server",
  });
  expect(existsSync(join(folder, "ended"))).toBe(true);
});

test("what a run that was killed had in memory is removed", async () => {
  const killed = spawn(process.execPath, ["-e", "0"]);
  await once(killed, "exit");
  const { memory } = await supervise(STARTS, killed.pid);
  expect(existsSync(memory)).toBe(false);
});
