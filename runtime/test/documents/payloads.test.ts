import { createHash, randomBytes } from "node:crypto";
import { MongoClient } from "mongodb";
import { rowsToRun } from "../../../tests/long-form.ts";
import {
  DocumentConflictError,
  DocumentNotFoundError,
  DuplicateDocumentError,
  localKeys,
  PayloadCorruptError,
  type Payloads,
  PoolClosedError,
  RefusedError,
} from "../../src/documents/index.ts";
import { closeAll, J, J2, LAYOUTS, W, W2 } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

const client = new MongoClient(server.url);
afterAll(async () => {
  await closeAll();
  await client.close();
});

const CHUNK = 255 * 1024;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

async function* inPieces(bytes: Buffer, size = 100_000): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}
/** Gives so many bytes of them, and then fails. */
async function* brokenAfter(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  yield* inPieces(bytes.subarray(0, length));
  throw new Error("the source has ended");
}
const nameOf = ({ name }: Error) => name;

async function readAll(payloads: Payloads, id: string, from = 0): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of payloads.read(id, { from })) parts.push(part);
  return Buffer.concat(parts);
}
async function allOf<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}

describe.each(LAYOUTS)("%s", (layout) => {
  const place = { database: server.database().slice(0, 13) };
  const documents = openReal({ layout }, place);
  const job = documents.workspace(W).job(J);
  const { payloads } = job;
  afterEach(() => documents.workspace(W).drop());

  // How bytes are cut is the same in each layout.
  const sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 18 * CHUNK + 17];
  const isFirst = layout === LAYOUTS[0];
  test.each(rowsToRun(sizes, (size) => isFirst || size === CHUNK + 1))("%d bytes come back", async (size) => {
    const bytes = randomBytes(size);
    const about = { name: "mail.eml", contentType: "message/rfc822" };
    const stored = await payloads.write("p", inPieces(bytes), about);
    expect(stored).toEqual({ id: "p", size, sha256: sha256(bytes), storedAt: expect.any(Date), ...about });
    expect(await payloads.info("p")).toEqual(stored);
    expect((await readAll(payloads, "p")).equals(bytes)).toBe(true);
    for (const from of [1, CHUNK, size - 1, size].filter((each) => each >= 0 && each <= size))
      expect((await readAll(payloads, "p", from)).equals(bytes.subarray(from))).toBe(true);
    expect(await allOf(payloads.list())).toEqual([stored]);
    expect(await payloads.delete("p")).toBe(true);
    expect(await payloads.delete("p")).toBe(false);
    expect(await payloads.info("p")).toBe(null);
    await expect(readAll(payloads, "p")).rejects.toThrow(DocumentNotFoundError);
  });

  test("each job has its own, and they go with it", async () => {
    const other = documents.workspace(W).job(J2).payloads;
    const far = documents.workspace(W2).job(J).payloads;
    const [mine, theirs] = [randomBytes(300_000), randomBytes(300_000)];
    await payloads.write("p", inPieces(mine));
    await payloads.write("p-2", inPieces(mine));
    await other.write("p", inPieces(theirs));
    await far.write("p", inPieces(theirs));
    expect((await readAll(payloads, "p")).equals(mine)).toBe(true);
    await payloads.delete("p");
    expect((await readAll(payloads, "p-2")).equals(mine)).toBe(true);
    await job.drop();
    expect(await allOf(payloads.list())).toEqual([]);
    expect((await allOf(documents.workspace(W).payloads())).map(({ job }) => job)).toEqual([J2]);
    expect((await readAll(other, "p")).equals(theirs)).toBe(true);
    await documents.workspace(W).drop();
    expect(await allOf(documents.workspace(W).payloads())).toEqual([]);
    expect((await readAll(far, "p")).equals(theirs)).toBe(true);
    await documents.workspace(W2).drop();
    // It can begin again at once.
    await payloads.write("p", inPieces(theirs));
    expect((await readAll(payloads, "p")).equals(theirs)).toBe(true);
  });

  test("what was broken off is not there, and goes on where it was", async () => {
    const bytes = randomBytes(20 * CHUNK + 5);
    await expect(payloads.write("p", brokenAfter(bytes, 18 * CHUNK))).rejects.toThrow("has ended");
    expect(await payloads.info("p")).toBe(null);
    expect(await allOf(payloads.list())).toEqual([]);
    expect(await allOf(documents.workspace(W).payloads())).toMatchObject([{ id: "p", isWhole: false }]);
    const asked: number[] = [];
    const stored = await payloads.write("p", (from) => {
      asked.push(from);
      return inPieces(bytes.subarray(from));
    });
    expect(asked).toEqual([16 * CHUNK]); // What one command had.
    expect(stored.sha256.equals(sha256(bytes))).toBe(true);
    expect((await readAll(payloads, "p")).equals(bytes)).toBe(true);
  });

  test("begun anew with other bytes, nothing of the earlier is left", async () => {
    await expect(payloads.write("p", brokenAfter(randomBytes(20 * CHUNK), 18 * CHUNK))).rejects.toThrow();
    const bytes = randomBytes(CHUNK + 1);
    await payloads.write("p", inPieces(bytes));
    expect((await readAll(payloads, "p")).equals(bytes)).toBe(true);
  });

  test("a source that gives no bytes is refused, and none of it is there", async () => {
    const sources: Record<string, unknown> = {
      numbers: [5],
      text: ["text"],
      "a Buffer, whose elements are numbers": Buffer.from("bytes"),
      "a Buffer behind bytes": [Buffer.from("a"), 5],
      "nothing iterable": 5,
      "a text": "text",
      undefined: undefined,
      "a function of numbers": () => [5],
    };
    for (const [name, source] of Object.entries(sources)) {
      const outcome = await payloads.write("wrong", source as never).catch(nameOf);
      expect([name, outcome]).toEqual([name, "RefusedError"]);
      expect(await payloads.info("wrong")).toBeNull();
    }
    await payloads.write("right", [new Uint8Array([1]), Buffer.from("a")] as never);
    await expect(payloads.write("right", ["a"] as never)).rejects.toThrow(RefusedError);
  });

  test("nothing changes what is there; the same bytes again are no error", async () => {
    const bytes = randomBytes(1000);
    const stored = await payloads.write("p", inPieces(bytes));
    expect(await payloads.write("p", inPieces(bytes))).toEqual(stored);
    expect(await payloads.write("p", () => inPieces(bytes), { sha256: sha256(bytes) })).toEqual(stored);
    await expect(payloads.write("p", inPieces(randomBytes(1000)))).rejects.toThrow(DuplicateDocumentError);
    const wrong = { sha256: sha256(randomBytes(1)) };
    await expect(payloads.write("q", inPieces(bytes), wrong)).rejects.toThrow(PayloadCorruptError);
    expect(await allOf(documents.workspace(W).payloads())).toMatchObject([{ id: "p" }]);
  });

  test("of two uploads of one id, one is stored, whole; one that is deleted is none", async () => {
    const [slow, fast] = [randomBytes(20 * CHUNK), randomBytes(19 * CHUNK)];
    let go = () => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* stopped() {
      yield slow.subarray(0, 17 * CHUNK);
      await waiting;
      yield slow.subarray(17 * CHUNK);
    }
    const first = payloads.write("p", stopped());
    const outcome = first.then(
      () => "stored",
      (error: unknown) => error,
    );
    while ((await allOf(documents.workspace(W).payloads())).length === 0);
    await payloads.write("p", inPieces(fast));
    go();
    expect(await outcome).toBeInstanceOf(DocumentConflictError);
    expect((await readAll(payloads, "p")).equals(fast)).toBe(true);
    await payloads.delete("p");
    const third = payloads.write(
      "p",
      (async function* () {
        yield slow.subarray(0, 17 * CHUNK);
        await payloads.delete("p");
        yield slow.subarray(17 * CHUNK);
      })(),
    );
    await expect(third).rejects.toThrow(DocumentConflictError);
    expect(await payloads.info("p")).toBe(null);
  });

  test("a sweep removes what uploads have left, and nothing else", async () => {
    const workspace = documents.workspace(W);
    await expect(payloads.write("left", brokenAfter(randomBytes(18 * CHUNK), 17 * CHUNK))).rejects.toThrow();
    const bytes = randomBytes(2 * CHUNK);
    await payloads.write("whole", inPieces(bytes));
    expect(await workspace.sweepPayloads(new Date(0))).toBe(0);
    expect(await workspace.sweepPayloads(new Date(Date.now() + 60_000))).toBe(1);
    // Chunks that somebody wrote after the rest was deleted.
    const database = layout === "database-per-workspace" ? `${place.database}-${W}` : place.database;
    const db = client.db(database);
    await db.collection<{ _id: string }>("payloads.files").deleteOne({ _id: `${W}/${J}/whole` });
    expect(await workspace.sweepPayloads(new Date(0))).toBe(1);
    expect(await db.collection("payloads.chunks").countDocuments({ files_id: { $regex: `^${W}/` } })).toBe(0);
  });

  test("what is not what was written is told, at the end at the latest", async () => {
    const bytes = randomBytes(3 * CHUNK);
    await payloads.write("p", inPieces(bytes));
    const database = layout === "database-per-workspace" ? `${place.database}-${W}` : place.database;
    const chunks = client.db(database).collection<{ _id: string; data: Buffer }>("payloads.chunks");
    const _id = `${W}/${J}/p/00000001`;
    const part = (await chunks.findOne({ _id }, { promoteBuffers: true }))!;
    await chunks.updateOne({ _id }, { $set: { data: randomBytes(CHUNK) } });
    await expect(readAll(payloads, "p")).rejects.toThrow(PayloadCorruptError);
    await chunks.updateOne({ _id }, { $set: { data: part.data.subarray(1) } });
    await expect(readAll(payloads, "p", CHUNK)).rejects.toThrow(PayloadCorruptError);
    await chunks.deleteOne({ _id });
    await expect(readAll(payloads, "p")).rejects.toThrow(PayloadCorruptError);
  });
});

test("with keys, the server has nothing of it in the clear, and a rotation is followed", async () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const place = { database: server.database() };
  const opened = (current: string, keys: Record<string, Buffer>) =>
    openReal({ keys: localKeys({ current, keys }) }, place)
      .workspace(W)
      .job(J).payloads;
  const before = opened("first", { first });
  const bytes = Buffer.alloc(2 * CHUNK + 9, "the customer's secret");
  await before.write("p", inPieces(bytes));
  expect((await readAll(before, "p")).equals(bytes)).toBe(true);
  const held = async () => {
    const chunks = await client
      .db(place.database)
      .collection("payloads.chunks")
      .find({}, { promoteBuffers: true })
      .toArray();
    return Buffer.concat(chunks.map(({ data }) => data as Buffer)).toString("latin1");
  };
  expect(await held()).not.toContain("customer");
  const after = opened("second", { first, second });
  expect(await after.reencrypt()).toBe(3);
  expect(await after.reencrypt()).toBe(0);
  expect((await readAll(opened("second", { second }), "p")).equals(bytes)).toBe(true);
  await expect(readAll(before, "p")).rejects.toThrow(PayloadCorruptError);
  // An upload goes on from what it had encrypted.
  await expect(after.write("q", brokenAfter(bytes, 2 * CHUNK))).rejects.toThrow();
  await after.write("q", (from) => inPieces(bytes.subarray(from)));
  expect((await readAll(after, "q")).equals(bytes)).toBe(true);
});

test("ids that could mean another's are refused; closing ends a read with an error", async () => {
  const documents = openReal();
  const { payloads } = documents.workspace(W).job(J);
  for (const id of ["", "a/b", "..", "a.b", "x".repeat(129), { $gt: "" } as never])
    await expect(payloads.info(id)).rejects.toThrow(RefusedError);
  await payloads.write("p", inPieces(randomBytes(80 * CHUNK)));
  const reading = readAllSlowly(payloads.read("p"), () => void documents.close());
  await expect(reading).rejects.toThrow(PoolClosedError);
});

async function readAllSlowly(source: AsyncIterable<Buffer>, then: () => void): Promise<void> {
  let number = 0;
  for await (const _ of source) if (number++ === 1) then();
}
