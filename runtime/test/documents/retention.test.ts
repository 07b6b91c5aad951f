import { RefusedError } from "../../src/documents/index.ts";
import { closeAll, J, J2, LAYOUTS, message, W, W2 } from "./fixture.ts";
import { openReal } from "./real-server.ts";

afterAll(closeAll);

describe.each(LAYOUTS)("%s", (layout) => {
  const documents = openReal({ layout });

  test("what is older than its kind is kept goes, of all jobs of the workspace, and nothing else", async () => {
    const jobs = [W, W2].flatMap((workspace) =>
      [J, J2].map((job) => documents.workspace(workspace).job(job)),
    );
    for (const { collections } of jobs) {
      await collections.messages.insert(message(), { id: "old" });
      await collections.messages.insert(message(), { id: "written again" });
      await collections.notes.insert({ text: "old" }, { id: "old" });
    }
    const { updatedAt } = (await jobs.at(-1)!.collections.notes.get("old"))!;
    const before = new Date(updatedAt.getTime() + 1);
    while (Date.now() <= before.getTime()) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const { collections } of jobs) await collections.messages.update("written again", { unread: false });
    expect(await documents.workspace(W).deleteOlder({ messages: before })).toBe(2);
    expect(await documents.workspace(W).deleteOlder({ messages: before })).toBe(0);
    for (const [index, { collections }] of jobs.entries()) {
      const kept = (await collections.messages.find({}, { sort: { id: 1 } }).toArray()).map(({ id }) => id);
      expect(kept).toEqual(index < 2 ? ["written again"] : ["old", "written again"]);
      expect(await collections.notes.count()).toBe(1);
    }
  });

  test("what cannot be meant deletes nothing", async () => {
    const { notes } = documents.workspace(W).job(J).collections;
    await notes.upsert("x", { text: "x" });
    const times = [
      { nothing: new Date() },
      { notes: new Date(Number.NaN) },
      { notes: 5 },
      { notes: undefined },
    ];
    for (const wrong of [...times, undefined, null, "notes", [new Date()], new Date()])
      await expect(documents.workspace(W).deleteOlder(wrong as never)).rejects.toThrow(RefusedError);
    expect(await notes.get("x")).not.toBeNull();
  });
});
