import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FollowUp } from "../../../src/cli/watch/follow-up.ts";

const onUnix = process.platform === "win32" ? test.skip : test;

let root: string;
let said: string[];
let followUp: FollowUp | null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "follow-up-"));
  said = [];
  followUp = null;
});
afterEach(async () => {
  await followUp?.close();
  rmSync(root, { recursive: true, force: true });
});

function follow(command: string): FollowUp {
  followUp = new FollowUp(command, root, (text) => said.push(text));
  return followUp;
}
const lines = (): string[] =>
  existsSync(join(root, "log")) ? readFileSync(join(root, "log"), "utf8").trim().split("\n") : [];
async function until(is: () => boolean): Promise<void> {
  while (!is()) await sleep(10);
}

test("one that fails is told with its exit code, and one that does not, not", async () => {
  const failing = follow("exit 3");
  void failing.run();
  await until(() => said.length > 0);
  expect(said).toEqual(["has ended with exit code 3"]);
  await failing.close();
  void follow("echo done >> log").run();
  await until(() => lines().length === 1);
  await sleep(100);
  expect(said).toHaveLength(1);
});

onUnix("the next begins when the one before has ended: it may hold a port until then", async () => {
  // Of three that are asked for while the first ends, one is started.
  const one = follow(
    "trap 'sleep 0.3; echo end >> log; exit' TERM; echo begin >> log; while :; do sleep 0.02; done",
  );
  void one.run();
  await until(() => lines().length === 1);
  for (let n = 0; n < 3; n++) void one.run();
  await until(() => lines().length === 3);
  await one.close();
  expect(lines()).toEqual(["begin", "end", "begin", "end"]);
  expect(said).toEqual([]);
});

onUnix("one that will not end is ended, with all that it has started", async () => {
  const stubborn = follow("trap '' TERM; sh -c 'while :; do sleep 0.02; done' & echo $$ $! >> log; wait");
  void stubborn.run();
  await until(() => lines().length === 1);
  await stubborn.close();
  const isThere = (id: string): boolean => {
    try {
      // Where nobody has heard of its end yet, it still has a number.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, "utf8"));
    } catch {
      return false;
    }
  };
  // On a busy machine what was killed takes a moment.
  const left = (): string[] => lines()[0]!.split(" ").filter(isThere);
  for (let n = 0; n < 300 && left().length > 0; n++) await sleep(10);
  if (process.platform === "linux") expect(left()).toEqual([]);
});
