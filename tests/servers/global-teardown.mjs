import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Ends the servers that the suites of this run have started, and lists what could not be tested. */
export default async function tearDown() {
  const run = process.env.SOLITUDE_TEST_RUN;
  if (run === undefined) return;
  writeFileSync(join(run, "stop"), "");
  const servers = readdirSync(run).filter((name) => name.startsWith("server-"));
  const running = () => servers.filter((name) => !existsSync(join(run, name, "ended")));
  for (let i = 0; i < 1200 && running().length > 0; i++) await setTimeout(50);
  for (const name of running()) console.error(`the server of ${join(run, name)} did not end within a minute`);
  listNotTested(join(run, "not-tested"));
  listSlices(join(run, "slices"));
  rmSync(run, { recursive: true, force: true });
  const memory = process.env.SOLITUDE_TEST_MEMORY;
  if (memory === undefined) return;
  rmSync(memory, { recursive: true, force: true });
  // With --watch there is another run.
  for (const name of ["SOLITUDE_TEST_MEMORY", "TMPDIR"]) delete process.env[name];
}

function listNotTested(file) {
  if (!existsSync(file)) return;
  const byReason = new Map();
  for (const [reason, what] of readLines(file)) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), what]);
  }
  for (const [reason, all] of byReason) sayList(`Not tested: ${reason}`, all);
}

function listSlices(file) {
  if (!existsSync(file)) return;
  const again = `SOLITUDE_SLICE=${process.env.SOLITUDE_SLICE} runs the same again, SOLITUDE_TESTS=long all`;
  sayList(`Of these a slice was tested, the one of this commit (${again}):`, readLines(file));
}

const readLines = (file) =>
  [...new Set(readFileSync(file, "utf8").trim().split("\n"))].map((line) => JSON.parse(line));

const sayList = (title, all) =>
  console.error(["", title, ...all.sort().map((one) => `  - ${one}`)].join("\n"));
