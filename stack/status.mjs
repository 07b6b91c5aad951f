import { createHealth, postgresCheck } from "@solitude/runtime";
import { loadConfig } from "@solitude/runtime/config";
import { mongodbCheck } from "@solitude/runtime/documents";

/**
 * Shows how each database is: on a terminal one line that is redrawn, elsewhere a line for each change.
 *
 * @param {Record<string, string>} environment as an application reads it
 * @param {string | undefined} documents what keeps the documents; undefined for nothing
 */
export async function showStatus(environment, documents) {
  const config = loadConfig(environment);
  const checks = [
    postgresCheck({ ...config.postgres, name: "main", writable: true }),
    postgresCheck({ ...config.temporal, name: "temporal", writable: true }),
    ...(config.mongodb === undefined ? [] : [mongodbCheck({ ...config.mongodb, name: "documents" })]),
  ];
  const health = createHealth({ checks, ...config.health, keepAlive: true });
  const end = process.stderr.isTTY ? redraw(health, documents) : printChanges(health);
  return {
    async stop() {
      end();
      await health.close();
    },
  };
}

const MARKS = { up: "\x1b[32m●\x1b[0m", down: "\x1b[31m●\x1b[0m", unknown: "○" };

function redraw(health, documents) {
  const draw = () => {
    const parts = health.report().checks.map(({ name, status, last }) => {
      const how =
        last === undefined ? "…" : last.status === "up" ? `${last.latency.toFixed(1)} ms` : last.reason;
      return `${MARKS[status]} ${name} ${how}`;
    });
    const without = documents === undefined ? ["○ documents none"] : [];
    process.stderr.write(`\r\x1b[K${[...parts, ...without].join("   ")}   (^C stops)`);
  };
  const timer = setInterval(draw, 1_000);
  const off = health.on("status", () => setImmediate(draw));
  draw();
  return () => {
    clearInterval(timer);
    off();
    process.stderr.write("\n");
  };
}

function printChanges(health) {
  return health.on("status", ({ check, to, latency, reason }) => {
    process.stderr.write(
      `${check}: ${to}${reason === undefined ? ` (${latency.toFixed(1)} ms)` : ` (${reason})`}\n`,
    );
  });
}
