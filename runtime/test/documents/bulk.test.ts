import { RefusedError } from "../../src/documents/index.ts";
import { closeAll, J, LAYOUTS, message, W } from "./fixture.ts";
import { openReal } from "./real-server.ts";

afterAll(closeAll);

describe.each(LAYOUTS)("%s", (layout) => {
  const { messages, notes } = openReal({ layout }).workspace(W).job(J).collections;
  beforeEach(async () => {
    await messages.deleteMany({});
    await notes.deleteMany({});
  });
  const all = async () =>
    Object.fromEntries((await notes.find().toArray()).map(({ id, data }) => [id, data.text]));

  test("each item has its own outcome, in its place", async () => {
    const old = await notes.insert({ text: "old" }, { id: "guarded" });
    await notes.insert({ text: "old" }, { id: "stale" });
    await notes.insert({ text: "old" }, { id: "gone" });
    await notes.insert({ text: "old" }, { id: "there" });
    const outcomes = await notes.bulk([
      { insert: { text: "a" }, id: "a" },
      { insert: { text: "dup" }, id: "there" },
      { insert: { text: 1 as never }, id: "bad" },
      { upsert: { text: "up" }, id: "up" },
      { replace: { text: "new" }, id: "guarded", revision: old.revision },
      { replace: { text: "new" }, id: "stale", revision: "another" },
      { replace: { text: "new" }, id: "missing" },
      { delete: "gone" },
      { delete: "nothing" },
    ]);
    expect(outcomes.map((each) => (each.ok ? "ok" : each.error.name))).toEqual([
      "ok",
      "DuplicateDocumentError",
      "InvalidDocumentError",
      "ok",
      "ok",
      "DocumentConflictError",
      "DocumentNotFoundError",
      "ok",
      "ok",
    ]);
    expect(await all()).toEqual({ a: "a", up: "up", guarded: "new", stale: "old", there: "old" });
    expect(outcomes[4]).toMatchObject({ id: "guarded", revision: (await notes.get("guarded"))?.revision });
  });

  test("in order, it stops at the first that fails, whether it is invalid or refused", async () => {
    const names = async (items: Parameters<typeof notes.bulk>[0]) =>
      (await notes.bulk(items, { ordered: true })).map((each) => (each.ok ? "ok" : each.error.name));
    expect(
      await names([
        { insert: { text: "1" }, id: "1" },
        { insert: { text: 2 as never } },
        { insert: { text: "3" } },
      ]),
    ).toEqual(["ok", "InvalidDocumentError", "NotAttemptedError"]);
    expect(
      await names([{ insert: { text: "4" }, id: "4" }, { insert: { text: "1" }, id: "1" }, { delete: "5" }]),
    ).toEqual(["ok", "DuplicateDocumentError", "NotAttemptedError"]);
    expect(await all()).toEqual({ 1: "1", 4: "4" });
  });

  test("a delete with a revision that has passed is a conflict", async () => {
    const { revision } = await notes.insert({ text: "" }, { id: "d" });
    await notes.replace("d", { text: "newer" });
    expect(await notes.bulk([{ delete: "d", revision }])).toMatchObject([
      { ok: false, error: { name: "DocumentConflictError" } },
    ]);
    const now = await notes.get("d");
    expect(await notes.bulk([{ delete: "d", revision: now!.revision }])).toEqual([{ ok: true, id: "d" }]);
  });

  test("one bad item does not sink the others", async () => {
    const items = [
      { insert: { text: "first" }, id: "x" },
      { delete: "x" },
      null,
      undefined,
      {},
      { insert: { text: "" }, delete: "y" },
      { delete: undefined },
      { delete: undefined },
      { replace: { text: "" } },
      { upsert: { text: "" }, id: { $gt: "" } },
      { insert: { text: "last" }, id: "z" },
    ];
    const outcomes = await notes.bulk(items as never);
    expect(outcomes.map((each) => each.ok || each.error instanceof RefusedError || each.error)).toEqual(
      items.map(() => true),
    );
    expect(outcomes.map(({ ok }) => ok)).toEqual(items.map((_, index) => index === 0 || index === 10));
    expect(await all()).toEqual({ x: "first", z: "last" });
  });

  test("in order, nothing is written behind what finds nothing", async () => {
    const { revision } = await notes.insert({ text: "old" }, { id: "there" });
    const after = { insert: { text: "after" }, id: "after" };
    const before = { upsert: { text: "before" }, id: "before" };
    for (const [item, error] of [
      [{ replace: { text: "new" }, id: "missing" }, "DocumentNotFoundError"],
      [{ replace: { text: "new" }, id: "there", revision: "another" }, "DocumentConflictError"],
      [{ delete: "there", revision: "another" }, "DocumentConflictError"],
    ] as const) {
      const outcomes = await notes.bulk([before, item, after], { ordered: true });
      expect(outcomes.map((each) => (each.ok ? "ok" : each.error.name))).toEqual([
        "ok",
        error,
        "NotAttemptedError",
      ]);
      expect(await all()).toEqual({ before: "before", there: "old" });
    }
    const outcomes = await notes.bulk(
      [
        { replace: { text: "1" }, id: "there", revision },
        { delete: "missing" },
        { replace: { text: "2" }, id: "before" },
        after,
      ],
      { ordered: true },
    );
    expect(outcomes.map(({ ok, id }) => [ok, id])).toEqual(
      ["there", "missing", "before", "after"].map((id) => [true, id]),
    );
    expect(await all()).toEqual({ there: "1", before: "2", after: "after" });
  });

  test("no items, no outcomes", async () => {
    expect(await notes.bulk([])).toEqual([]);
  });

  test("thousands at once", async () => {
    const outcomes = await messages.bulk(Array.from({ length: 2_500 }, () => ({ insert: message() })));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(2_500);
    expect(await messages.count()).toBe(2_500);
  });
});
