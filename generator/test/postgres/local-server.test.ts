import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startLocalServer } from "../../src/postgres/local-server.ts";

const root = join(import.meta.dirname, "../../..");
let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "solitude-local-server-"));
  // The server may run as another user.
  chmodSync(parent, 0o755);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** What starting gave, or why it failed; undefined where there are no programs here. */
async function tried(within?: number): Promise<LocalServer | Error | undefined> {
  const outcome = await startLocalServer(root, { within, parent }).catch((error: Error) => error);
  if (!(outcome instanceof Error && outcome.message.includes("no PostgreSQL is installed"))) return outcome;
  console.warn("SKIPPED: no PostgreSQL 16 or later is installed here");
  return undefined;
}

test("one that is not ready in time is ended, and leaves nothing", async () => {
  const failure = await tried(0);
  if (failure === undefined) return;
  expect(failure).toBeInstanceOf(Error);
  expect((failure as Error).message).toMatch(/PostgreSQL was not ready within 0 ms/);
  expect(readdirSync(parent)).toEqual([]);
});

test("one that is stopped leaves nothing", async () => {
  const server = await tried();
  if (server === undefined) return;
  if (server instanceof Error) throw server;
  const during = readdirSync(parent);
  await server.stop();
  expect(during).toHaveLength(1);
  expect(readdirSync(parent)).toEqual([]);
});

// Windows has no such signal.
const testWithSignals = process.platform === "win32" ? test.skip : test;

testWithSignals("one that does not heed being told to end is killed, and leaves nothing", async () => {
  const server = await tried();
  if (server === undefined) return;
  if (server instanceof Error) throw server;
  // A process that is stopped gets no signal but one.
  process.kill(processOf(join(parent, readdirSync(parent)[0]!)), "SIGSTOP");
  await server.stop(50);
  expect(readdirSync(parent)).toEqual([]);
});

/** The server's first process, by the file that it writes in its data directory. */
function processOf(home: string): number {
  return Number(readFileSync(join(home, "data/postmaster.pid"), "utf8").split("\n")[0]);
}
