import { MongoClient } from "mongodb";
import { z } from "zod";
import fc from "../../../tests/properties.ts";
import {
  createLayout,
  type Documents,
  jobId,
  type WorkspaceId,
  workspaceId,
} from "../../src/documents/index.ts";
import { closeAll, type FixtureCollections, LAYOUTS } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

/** Ids that are prefixes of one another, next to each other in order, or differ in what might separate them. */
const workspaces = ["a", "a-", "a0", "aa", "b"].map((id) => workspaceId(id));
const jobs = ["a", "a-b", "a0", "b"].map((id) => jobId(id));

type Scope = ReturnType<typeof scopeOf>;
const scopeOf = (
  documents: Documents<FixtureCollections>,
  workspace: WorkspaceId,
  job: (typeof jobs)[number],
) => documents.workspace(workspace).job(job).collections;

/** Everything that a caller can do, told to do as much as it can. */
const OPERATIONS: Record<string, (scope: Scope) => Promise<unknown>> = {
  upsert: ({ notes }) => notes.upsert("same", { text: "changed" }),
  replace: ({ notes }) => notes.replace("same", { text: "changed" }).catch(() => {}),
  update: ({ notes }) => notes.update("same", { text: "changed" }).catch(() => {}),
  delete: ({ notes }) => notes.delete("same"),
  "delete all": ({ notes }) => notes.deleteMany({}),
  "delete with $or": ({ notes }) =>
    notes.deleteMany({ $or: [{ "data.text": "first" }, { "data.text": { $ne: "" } }] }),
  "delete with $nor": ({ notes }) => notes.deleteMany({ $nor: [{ "data.text": "nothing" }] }),
  "delete by fields of the scope": ({ notes }) =>
    notes.deleteMany({ workspace: { $exists: true }, job: { $ne: "" }, _id: { $gte: "" } } as never),
  bulk: ({ notes }) =>
    notes.bulk([
      { delete: "same" },
      { insert: { text: "new" }, id: "new" },
      { upsert: { text: "up" }, id: "up" },
    ]),
  "bulk on an id that looks like a name": ({ notes }) =>
    notes.bulk([{ delete: "../same" }, { upsert: { text: "" }, id: "a/b/note/same" }]),
};

describe.each(LAYOUTS)("%s", (layout) => {
  const database = server.database();
  const documents = openReal({ layout }, { database });
  const client = new MongoClient(server.url);
  afterAll(() => client.close());

  const all = workspaces.flatMap((workspace) => jobs.map((job) => ({ workspace, job })));

  beforeAll(async () => {
    for (const { workspace, job } of all) {
      const { notes, messages } = scopeOf(documents, workspace, job);
      await notes.insert({ text: "first" }, { id: "same" });
      await messages.insert({ provider: "p", externalId: "e" }, { id: "same" });
    }
  });

  /** By scope, all that the server has, read past the accessor. */
  async function everything(): Promise<Map<string, string>> {
    const scopes = new Map<string, string>();
    const pure = createLayout(layout, database);
    const databases =
      layout === "database-per-workspace" ? workspaces.map((w) => `${database}-${w}`) : [database];
    for (const name of databases) {
      const db = client.db(name);
      for (const { name: collection } of await db.listCollections({}, { nameOnly: true }).toArray())
        for (const stored of await db.collection(collection).find().sort({ _id: 1 }).toArray()) {
          const scope = pure.scopeOf(name, collection, String(stored._id));
          if (scope === undefined) throw new Error(`${name}.${collection} has something that no scope has`);
          const key = `${scope.workspace} ${scope.job} ${scope.kind}`;
          scopes.set(key, (scopes.get(key) ?? "") + JSON.stringify(stored));
        }
    }
    return scopes;
  }

  test("no operation changes anything outside its scope", async () => {
    let before = await everything();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...all),
        fc.constantFrom(...Object.keys(OPERATIONS)),
        async ({ workspace, job }, operation) => {
          await OPERATIONS[operation]!(scopeOf(documents, workspace, job));
          const [was, after] = [before, await everything()];
          before = after;
          for (const key of new Set([...was.keys(), ...after.keys()]))
            if (key !== `${workspace} ${job} note`)
              expect([key, after.get(key)]).toEqual([key, was.get(key)]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("no read shows anything from outside its scope", async () => {
    for (const { workspace, job } of all)
      await scopeOf(documents, workspace, job).notes.upsert("mine", { text: `${workspace} ${job}` });
    for (const { workspace, job } of all) {
      const { notes } = scopeOf(documents, workspace, job);
      const mine = `${workspace} ${job}`;
      const filter = { $or: [{ "data.text": mine }, { "data.text": { $regex: " " } }] };
      const texts = async (found: Promise<readonly { data: { text: string } }[]>) =>
        (await found).map(({ data }) => data.text);
      expect(await texts(notes.find(filter).toArray())).toEqual([mine]);
      expect(await texts(notes.page({ filter, limit: 10 }).then(({ documents }) => documents))).toEqual([
        mine,
      ]);
      expect(await texts(notes.getMany(["mine", "../mine", `${workspace}/${job}/mine`]))).toEqual([mine]);
      expect(await notes.count(filter)).toBe(1);
      const rows = notes.aggregate([{ $match: filter }], z.object({ data: z.object({ text: z.string() }) }));
      expect(await texts(rows.toArray())).toEqual([mine]);
      const exported: string[] = [];
      for await (const line of documents.workspace(workspace).job(job).export()) {
        const { data } = JSON.parse(line) as { data?: { text?: string } };
        if (data?.text?.includes(" ")) exported.push(data.text);
      }
      expect(exported).toEqual([mine]);
    }
  });

  test("a workspace lists its own jobs, each once, and drops them alone", async () => {
    const list = async (workspace: WorkspaceId) => {
      const found: string[] = [];
      for await (const job of documents.workspace(workspace).jobs()) found.push(job);
      return found.sort();
    };
    for (const workspace of workspaces) expect(await list(workspace)).toEqual([...jobs].sort());

    await documents.workspace(workspaces[0]!).job(jobs[0]!).drop();
    expect(await list(workspaces[0]!)).toEqual(jobs.slice(1).sort());
    expect(await list(workspaces[1]!)).toEqual([...jobs].sort());

    await documents.workspace(workspaces[0]!).drop();
    expect(await list(workspaces[0]!)).toEqual([]);
    for (const workspace of workspaces.slice(1)) expect(await list(workspace)).toEqual([...jobs].sort());
  });

  test("after a drop, a job can be written anew", async () => {
    const scope = scopeOf(documents, workspaces[0]!, jobs[0]!);
    await scope.notes.insert({ text: "again" }, { id: "same" });
    expect(await scope.notes.count()).toBe(1);
    expect(await scope.messages.count()).toBe(0);
  });
});

test("a cast does not make a scope of what is no id", () => {
  const documents = openReal();
  for (const id of ["a/b", "", "A", "$ne", { $gt: "" }, undefined]) {
    expect(() => documents.workspace(id as never)).toThrow(/no workspace's id/);
    expect(() => documents.workspace(workspaces[0]!).job(id as never)).toThrow(/no job's id/);
  }
});
