import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { copyLine } from "./clients/sql.mjs";
import { here, measure } from "./measure.mjs";
import { auditLogs, COPIED } from "./workload.mjs";

const run = promisify(execFile);

/** Copies of the same rows, against psql's, which has them in a file already. */
export async function compareCopies(clients, url, rounds) {
  const folder = mkdtempSync(join(tmpdir(), "solitude-bench-"));
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    const file = join(folder, "logs.txt");
    writeFileSync(file, auditLogs.map(copyLine).join(""));
    const psql = here({
      name: "psql \\copy",
      call: () => run("psql", ["-qX", url, "-c", `\\copy audit_logs from '${file}'`]),
    });
    // Each finds the table empty.
    const contestants = [psql, ...clients].map(({ turn, ...contestant }) => ({
      ...contestant,
      async turn(calls) {
        await admin.query("truncate audit_logs");
        return turn(calls);
      },
    }));
    for (const { name, turn } of contestants) {
      await turn(1);
      const { rows } = await admin.query("select count(*)::int as n from audit_logs");
      if (rows[0].n !== COPIED) throw new Error(`${name} copied ${rows[0].n} rows`);
    }
    return [
      `Copy of ${COPIED.toLocaleString("en")} rows`,
      await measure(contestants, { rounds, calls: 1, against: psql.name, warmUp: 0 }),
    ];
  } finally {
    await admin.end();
    rmSync(folder, { recursive: true });
  }
}
