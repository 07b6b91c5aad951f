import { setTimeout } from "node:timers/promises";
import type { Change, Documents } from "../../src/documents/index.ts";
import { closeAll, type FixtureCollections, J, J2, LAYOUTS, open, W } from "./fixture.ts";
import { openReal, server as real } from "./real-server.ts";
import { useScriptedServer } from "./scripted.ts";

const scripted = useScriptedServer();
afterAll(closeAll);

type Test = (name: string, work: () => Promise<void>) => void;
type Note = { text: string; number?: number | undefined };

const servers = LAYOUTS.flatMap((layout): [string, () => Documents<FixtureCollections>, Test][] => [
  [`${layout}, on the run's server`, () => openReal({ layout }), real.testWith("change streams")],
  [`${layout}, on the scripted server`, () => open({ url: scripted.server.url }, { layout }), test],
]);

describe.each(servers)("%s", (_, opened, run) => {
  run("changes of the scope come in order, and no others", async () => {
    const workspace = opened().workspace(W);
    const { notes } = workspace.job(J).collections;
    await notes.insert({ text: "before" }, { id: "before" });
    const changes: Change<Note>[] = [];
    const watching = (async () => {
      for await (const change of notes.watch()) {
        changes.push(change);
        if (changes.length === 4) break;
      }
    })();
    await setTimeout(200);
    await workspace.job(J2).collections.notes.insert({ text: "of another job" }, { id: "n" });
    await workspace.job(J).collections.messages.insert({ provider: "", externalId: "" }, { id: "n" });
    await notes.insert({ text: "1" }, { id: "n" });
    await notes.upsert("n", { text: "2" });
    await notes.replace("n", { text: "3" });
    await notes.delete("n");
    await watching;
    expect(changes.map(({ type }) => type)).toEqual(["insert", "update", "update", "delete"]);
    expect(new Set(changes.map((change) => "id" in change && change.id))).toEqual(new Set(["n"]));
  });

  run("goes on after the change that was dealt with", async () => {
    const { notes } = opened().workspace(W).job(J).collections;
    await notes.insert({ text: "" }, { id: "0" });
    const first = notes.watch();
    const waiting = first.next();
    await setTimeout(200);
    for (const id of ["1", "2", "3"]) await notes.insert({ text: "" }, { id });
    const { value } = await waiting;
    await first.return();
    const { resumeToken } = value as Change<Note>;
    const ids: string[] = [];
    for await (const change of notes.watch({ resumeAfter: resumeToken })) {
      if ("id" in change) ids.push(change.id);
      if (ids.length === 2) break;
    }
    expect(ids).toEqual(["2", "3"]);
  });

  run("ends with its signal", async () => {
    const { notes } = opened().workspace(W).job(J).collections;
    const controller = new AbortController();
    const watching = (async () => {
      for await (const _ of notes.watch({ signal: controller.signal }));
    })();
    await setTimeout(100);
    controller.abort();
    await expect(watching).rejects.toMatchObject({ name: "CancelledError" });
  });
});

test("a lost connection is resumed, and no change is missed", async () => {
  const { notes } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  await notes.insert({ text: "" }, { id: "0" });
  scripted.server.script((name, times) =>
    name === "getMore" && times === 2 ? { drop: "before" } : undefined,
  );
  const ids: string[] = [];
  const watching = (async () => {
    for await (const change of notes.watch()) {
      if ("id" in change) ids.push(change.id);
      if (ids.length === 3) break;
    }
  })();
  await setTimeout(100);
  for (const id of ["1", "2", "3"]) {
    await notes.insert({ text: "" }, { id });
    await setTimeout(50);
  }
  await watching;
  expect(ids).toEqual(["1", "2", "3"]);
});

test("what is no resume token is refused", async () => {
  const { notes } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  await expect(notes.watch({ resumeAfter: "xyz" }).next()).rejects.toMatchObject({ name: "RefusedError" });
});
