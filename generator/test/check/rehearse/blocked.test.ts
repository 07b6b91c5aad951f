import { blockedFor, waitingFor } from "../../../src/check/rehearse/blocked.ts";
import { toScript } from "../../../src/check/rehearse/migration.ts";

const MIGRATION = 1;

test("who waits behind somebody who waits for the migration waits for it, too", () => {
  const blockers = new Map([
    [4, [3]],
    [3, [2]],
    [2, [MIGRATION]],
    [6, [5]],
    [7, [6, 4]],
    [MIGRATION, [5]],
  ]);
  expect([...waitingFor(MIGRATION, blockers)].sort()).toEqual([2, 3, 4, 7]);
  expect(waitingFor(MIGRATION, new Map([[2, []]])).size).toBe(0);
});

const FREE = { blocked: 0, waitedFor: null };

test("blocked is until it was seen to wait no more, and not the work of the query itself", () => {
  const sent = { query: "Q", pid: 2, error: null };
  const waits = new Map([[2, [105, 115, 125]]]);
  const looks = [95, 105, 115, 125, 135, 145];
  expect(blockedFor({ ...sent, from: 100, sent: 101, to: 900 }, waits, 90, looks)).toEqual({
    blocked: 35,
    waitedFor: "lock",
  });
  expect(blockedFor({ ...sent, from: 80, sent: 81, to: 900 }, waits, 90, looks)).toEqual({
    blocked: 45,
    waitedFor: "lock",
  });
  expect(blockedFor({ ...sent, from: 130, sent: 131, to: 900 }, waits, 90, looks)).toEqual(FREE);
  // It had its answer before the next look.
  expect(blockedFor({ ...sent, from: 100, sent: 101, to: 128 }, waits, 90, looks).blocked).toBe(28);
  // It got a connection late, and then waited for a lock itself.
  expect(blockedFor({ ...sent, from: 92, sent: 120, to: 900 }, waits, 90, looks)).toEqual({
    blocked: 43,
    waitedFor: "lock",
  });
  // It had no connection, as others waited on theirs.
  expect(blockedFor({ ...sent, pid: 3, from: 100, sent: 140, to: 150 }, waits, 90, looks)).toEqual({
    blocked: 40,
    waitedFor: "connection",
  });
  expect(blockedFor({ ...sent, pid: 3, from: 130, sent: 170, to: 180 }, waits, 90, looks)).toEqual(FREE);
});

test.each([
  ["a tool's transaction", "alter table t add a int; alter table t add b int;", "file", true, 2],
  ["one of its own", "begin; alter table t add a int; commit;", undefined, false, 3],
  [
    "one for some of it",
    "create index concurrently i on t (a); begin; drop table u; commit;",
    "none",
    false,
    4,
  ],
  ["none said", "alter table t add a int; alter table t add b int;", undefined, true, 2],
] as const)("a script is run as it says: %s", async (_, text, setting, inTransaction, statements) => {
  const script = await toScript({ path: "change.sql", text }, setting);
  expect([script.inTransaction, script.statements.length]).toEqual([inTransaction, statements]);
});
