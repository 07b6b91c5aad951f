import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { mongoServer } from "../mongo/server.ts";

// Two releases of a service beside one another, each a process of its own: what one has written, the other works on. Every
// operation between two that differ, in one layout; SOLITUDE_RELEASES=all tries every two in all layouts.

const mongo = await mongoServer();
const isWhole = process.env.SOLITUDE_RELEASES === "all";
const LAYOUTS = isWhole
  ? ["collection-per-job", "database-per-workspace", "shared-collections"]
  : ["collection-per-job"];
const RELEASES = ["first", "second", "third"] as const;
type Release = (typeof RELEASES)[number];
const VERSIONS: Readonly<Record<Release, number>> = { first: 1, second: 1, third: 2 };

interface Raw {
  readonly version: number;
  readonly revision: string;
  readonly expiresAt?: string;
  readonly data: Readonly<Record<string, unknown>>;
}
interface Answer {
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

/** What becomes of a document: what each is to do where the release may write it. */
const WRITES: Readonly<Record<string, "changed" | "deleted" | "kept" | "refused">> = {
  "insert again": "refused",
  update: "changed",
  "update by a function": "changed",
  "update in place": "changed",
  replace: "changed",
  upsert: "changed",
  "bulk insert": "refused",
  "bulk replace": "changed",
  "bulk upsert": "changed",
  repair: "changed",
  transaction: "changed",
  expire: "kept",
  rewriteOlder: "kept",
  apply: "kept",
  "export and import": "kept",
  "bulk delete": "deleted",
  delete: "deleted",
  deleteMany: "deleted",
  deleteOlder: "deleted",
};
const READS = ["get", "getMany", "find", "find fields", "page", "count"];
/** What any release may do to a newer one's document: it changes nothing that it does not know. */
const HARMLESS = new Set([
  "expire",
  "rewriteOlder",
  "apply",
  "bulk delete",
  "delete",
  "deleteMany",
  "deleteOlder",
]);
const needed = (operation: string) => (operation === "transaction" ? (["transactions"] as const) : []);

describe.each(LAYOUTS)("%s", (layout) => {
  const connection = { url: mongo.url, database: mongo.database().slice(0, 13) };
  const processes = new Map<Release, ChildProcess>();
  beforeAll(() => {
    const serverChecks = mongo.can("validators") ? "required" : "if-supported";
    for (const release of RELEASES) {
      const settings = JSON.stringify({ release, connection, layout, serverChecks, job: "j" });
      processes.set(release, fork(fileURLToPath(new URL("release.mjs", import.meta.url)), [settings]));
    }
  });
  afterAll(async () => {
    for (const release of processes.keys()) {
      await tell(release, "clear");
      await tell(release, "close");
    }
  });
  async function tell(release: Release, operation: string): Promise<Answer> {
    const child = processes.get(release)!;
    const answer = once(child, "message");
    child.send(operation);
    return ((await answer) as [Answer])[0];
  }
  const raw = async (): Promise<Raw | null> => (await tell("third", "raw")).result as Raw | null;

  async function begin(writer: Release): Promise<Raw> {
    await tell("third", "clear");
    expect(await tell(writer, "insert")).toMatchObject({ result: { id: "1" } });
    return (await raw())!;
  }

  /** No release may find a document that it cannot tell the reason of. */
  async function readByAll(expected: Raw | null): Promise<void> {
    for (const reader of RELEASES) {
      const answer = await tell(reader, "get");
      if (expected === null) expect([reader, answer]).toEqual([reader, { result: null }]);
      else if (expected.version > VERSIONS[reader])
        expect([reader, answer.error]).toEqual([reader, "DocumentTooNewError"]);
      else expect([reader, answer]).toMatchObject([reader, { result: { name: expected.data.name } }]);
    }
  }

  describe.each(RELEASES)("written by the %s release", (writer) => {
    const others = RELEASES.filter((each) => isWhole || each !== writer);
    describe.each(others)("and by the %s", (other) => {
      const isNewer = VERSIONS[writer] > VERSIONS[other];
      for (const [operation, effect] of Object.entries(WRITES))
        mongo.testWith(...needed(operation))(operation, async () => {
          const before = await begin(writer);
          const answer = await tell(other, operation);
          const after = await raw();
          if (effect === "refused") {
            expect([answer.error, after]).toEqual(["DuplicateDocumentError", before]);
          } else if (isNewer && !HARMLESS.has(operation)) {
            expect([answer.error, after]).toEqual(["DocumentTooNewError", before]);
          } else {
            expect(answer.error === undefined ? "" : answer.message).toBe("");
            if (effect === "deleted") expect(after).toBe(null);
            else {
              expect(after?.data.name).toBe(effect === "changed" ? "o" : "w");
              // Never downgraded.
              expect(after?.version).toBeGreaterThanOrEqual(before.version);
              // What the other does not know is kept.
              if (before.data.note !== undefined) expect(after?.data.note).toBe("keep me");
              if (writer !== "third" && other === "third" && after?.version === 2) {
                expect(after.data.tenths).toBe(30);
                // Nothing of the older version's is.
                expect(after.data).not.toHaveProperty("size");
              }
              if (operation.startsWith("update") && VERSIONS[other] === 1 && writer === "second")
                expect(after?.data.items).toEqual([
                  ...(operation === "update in place" ? [{ sku: "w" }] : []),
                  { sku: "x", price: 5 },
                ]);
              expect(after?.expiresAt !== undefined).toBe(operation === "expire");
            }
          }
          await readByAll(after);
        });

      test.each(READS)("%s", async (operation) => {
        const before = await begin(writer);
        const answer = await tell(other, operation);
        const unreadable = { unreadable: "DocumentTooNewError" };
        if (operation === "count") expect(answer.result).toBe(1);
        else if (operation === "get" && isNewer) expect(answer.error).toBe("DocumentTooNewError");
        else if (operation === "get") expect(answer.result).toMatchObject({ name: "w" });
        else expect(answer.result).toMatchObject([isNewer ? unreadable : { name: "w" }]);
        expect(await raw()).toEqual(before);
      });
    });
  });
});
