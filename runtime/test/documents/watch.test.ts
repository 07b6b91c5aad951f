import { type Change, type Documents, RefusedError } from "../../src/documents/index.ts";
import { until } from "../postgres/until.ts";
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

const idOf = (change: Change<Note>) => ("id" in change ? change.id : undefined);

/**
 * Writes a document of its own until `hasBegun` says that a change of it has come: what is written before a server watches
 * is not told, and nothing else says when it does.
 */
const untilWatching = (
  notes: { upsert(id: string, data: Note): Promise<unknown> },
  hasBegun: () => boolean,
): Promise<void> =>
  until(async () => {
    if (!hasBegun()) await notes.upsert(PROBE, { text: "" });
    return hasBegun();
  });
const PROBE = "probe";

describe.each(servers)("%s", (_, opened, run) => {
  run("changes of the scope come in order, and no others", async () => {
    const workspace = opened().workspace(W);
    const { notes } = workspace.job(J).collections;
    await notes.insert({ text: "before" }, { id: "before" });
    const changes: Change<Note>[] = [];
    let hasBegun = false;
    const watching = (async () => {
      for await (const change of notes.watch()) {
        if (idOf(change) === PROBE) hasBegun = true;
        else changes.push(change);
        if (changes.length === 4) break;
      }
    })();
    await untilWatching(notes, () => hasBegun);
    await workspace.job(J2).collections.notes.insert({ text: "of another job" }, { id: "n" });
    await workspace.job(J).collections.messages.insert({ provider: "", externalId: "" }, { id: "n" });
    await notes.insert({ text: "1" }, { id: "n" });
    await notes.upsert("n", { text: "2" });
    await notes.replace("n", { text: "3" });
    await notes.delete("n");
    await watching;
    expect(changes.map(({ type }) => type)).toEqual(["insert", "update", "update", "delete"]);
    expect(new Set(changes.map(idOf))).toEqual(new Set(["n"]));
  });

  run("goes on after the change that was dealt with", async () => {
    const { notes } = opened().workspace(W).job(J).collections;
    await notes.insert({ text: "" }, { id: "0" });
    const first = notes.watch();
    let hasBegun = false;
    const waiting = (async () => {
      for (;;) {
        const change = (await first.next()).value as Change<Note>;
        if (idOf(change) !== PROBE) return change;
        hasBegun = true;
      }
    })();
    await untilWatching(notes, () => hasBegun);
    for (const id of ["1", "2", "3"]) await notes.insert({ text: "" }, { id });
    const { resumeToken } = await waiting;
    await first.return();
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
    let hasBegun = false;
    const watching = (async () => {
      for await (const _ of notes.watch({ signal: controller.signal })) hasBegun = true;
    })();
    const cancelled = expect(watching).rejects.toMatchObject({ name: "CancelledError" });
    await untilWatching(notes, () => hasBegun);
    controller.abort();
    await cancelled;
  });
});

test("a lost connection is resumed, and no change is missed", async () => {
  const { notes } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  await notes.insert({ text: "" }, { id: "0" });
  let dropped = 0;
  scripted.server.script((name, times) => {
    if (name !== "getMore" || times !== 2) return undefined;
    dropped++;
    return { drop: "before" };
  });
  const ids: string[] = [];
  const watching = (async () => {
    for await (const change of notes.watch()) {
      if ("id" in change) ids.push(change.id);
      if (ids.length === 3) break;
    }
  })();
  // The stream is open, and the connection lost, once or not yet resumed.
  await until(() => dropped === 1);
  for (const [i, id] of ["1", "2", "3"].entries()) {
    await notes.insert({ text: "" }, { id });
    if (i === 0) await until(() => ids.length === 1);
  }
  await watching;
  expect(ids).toEqual(["1", "2", "3"]);
});

const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const noTokens = ["xyz", "", token(5), token(["a"]), token(null), 5 as never];

test.each(noTokens)("what is no resume token is refused (%j)", async (resumeAfter) => {
  const { notes } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  await expect(notes.watch({ resumeAfter }).next()).rejects.toThrow(RefusedError);
});

const foreign = [token({}), token({ _data: "zz" }), token({ _data: 5 }), token({ _data: "8265" })];
const watched = openReal().workspace(W).job(J).collections.notes;

for (const resumeAfter of foreign)
  real.testWith("change streams")(`one of no server's is refused (${resumeAfter})`, async () => {
    await watched.upsert("a", { text: "" });
    await expect(watched.watch({ resumeAfter, timeout: 5_000 }).next()).rejects.toThrow(RefusedError);
  });

test("one that is older than what the server keeps is refused, and the server's reason with it", async () => {
  const { notes } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  const errorOf = async (code: number) => {
    scripted.server.script((name) => (name === "aggregate" ? { error: { code } } : undefined));
    const { error } = await notes
      .watch({ resumeAfter: token({ _data: "82" }) })
      .next()
      .then(
        () => ({ error: undefined }),
        (error: Error) => ({ error }),
      );
    return error;
  };
  expect(await errorOf(286)).toMatchObject({ name: "RefusedError", cause: { code: 286 } });
  expect(await errorOf(13)).toMatchObject({ name: "DocumentCommandError", code: 13 });
});
