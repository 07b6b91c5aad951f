/** Waits until each service of docker-compose.yml is healthy or, for one that ends, has succeeded. Exits with 1 when one fails. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { parse } from "yaml";

const LIMIT_MS = 10 * 60 * 1000;
const file = parse(readFileSync(new URL("../docker-compose.yml", import.meta.url), "utf8"), { merge: true });

/** What `docker compose ps` says, by service. */
function states() {
  const lines = execFileSync("docker", ["compose", "ps", "--all", "--format", "json"], { encoding: "utf8" });
  const containers = lines
    .trim()
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line));
  return new Map(containers.map((container) => [container.Service, container]));
}

function judge(service, container) {
  if (container === undefined) return "waiting";
  if (service.restart !== undefined) return container.Health === "healthy" ? "ready" : "waiting";
  if (container.State !== "exited") return "waiting";
  return container.ExitCode === 0 ? "ready" : `failed with code ${container.ExitCode}`;
}

for (let waited = 0; ; waited += 2_000) {
  const found = states();
  const judged = Object.entries(file.services).map(([name, service]) => [
    name,
    judge(service, found.get(name)),
  ]);
  const failed = judged.filter(([, verdict]) => verdict.startsWith("failed"));
  const waiting = judged.filter(([, verdict]) => verdict === "waiting").map(([name]) => name);
  if (failed.length > 0 || waited > LIMIT_MS) {
    console.error(JSON.stringify({ failed, waiting }));
    process.exit(1);
  }
  if (waiting.length === 0) break;
  console.log(`waiting for ${waiting.join(", ")}`);
  await setTimeout(2_000);
}
