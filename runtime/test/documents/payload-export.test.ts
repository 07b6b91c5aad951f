import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  DuplicateDocumentError,
  JobExportError,
  type JobScope,
  localKeys,
  openExport,
  PayloadCorruptError,
  type Payloads,
  storePayload,
} from "../../src/documents/index.ts";
import { closeAll, J, J2, LAYOUTS, message, messages, W, W2 } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const CHUNK = 255 * 1024;
type Job = JobScope<{ messages: typeof messages }>;
const lineOf = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

async function exported(job: Job, options = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of job.export(options)) lines.push(line);
  return lines;
}
async function imported(job: Job, lines: readonly string[]) {
  return job.import((await openExport(lines)).lines);
}
async function contents(payloads: Payloads): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { storedAt: _, ...info } of payloads.list()) {
    const hash = createHash("sha256");
    for await (const part of payloads.read(info.id)) hash.update(part);
    all.push({ ...info, bytes: hash.digest() });
  }
  return all;
}

describe.each(LAYOUTS)("%s", (layout) => {
  const keys = localKeys({ current: "k", keys: { k: randomBytes(32) } });
  const place = () => ({ database: server.database().slice(0, 13) });
  const documents = openReal({ layout, collections: { messages } }, place());
  // Elsewhere they are encrypted.
  const other = openReal({ layout, collections: { messages }, keys }, place());
  const from = documents.workspace(W).job(J) as Job;
  const to = other.workspace(W2).job(J2) as Job;
  beforeEach(async () => {
    for (const job of [from, to]) {
      await job.collections.messages.deleteMany({});
      for await (const { id } of job.payloads.list()) await job.payloads.delete(id);
    }
  });

  test("an export has the job's payloads, whatever their size, and import writes them", async () => {
    await from.collections.messages.insert(message(), { id: "x" });
    const sizes = [0, 1, CHUNK, CHUNK + 1];
    for (const [index, size] of sizes.entries())
      await from.payloads.write(`p${index}`, Readable.from([randomBytes(size)]), {
        name: `${size}\n.bin`,
        contentType: "a/b",
      });
    const lines = await exported(from);
    expect(lineOf(lines[0]!).version).toBe(2);
    expect(lineOf(lines.at(-1)!)).toEqual({ end: true, documents: 1, payloads: sizes.length });
    expect(await imported(to, lines)).toEqual({ imported: 5, present: 0, refused: [] });
    expect(await contents(to.payloads)).toEqual(await contents(from.payloads));
    // Again: all of it is there. And back again, out of what is encrypted.
    expect(await imported(to, lines)).toEqual({ imported: 0, present: 5, refused: [] });
    const back = await exported(to);
    expect(await imported(from, back)).toEqual({ imported: 0, present: 5, refused: [] });
  });

  // What follows is the same wherever they are.
  if (layout !== LAYOUTS[0]) return;

  test("without payloads an export is what earlier releases read", async () => {
    await from.collections.messages.insert(message(), { id: "x" });
    expect(lineOf((await exported(from))[0]!).version).toBe(1);
    await from.payloads.write("p", Readable.from([randomBytes(9)]));
    const lines = await exported(from, { payloads: false });
    expect([lineOf(lines[0]!).version, lineOf(lines.at(-1)!)]).toEqual([1, { end: true, documents: 1 }]);
  });

  test("one that cannot be written is told of, and the rest is written", async () => {
    for (const id of ["p1", "p2", "p3"])
      await from.payloads.write(id, Readable.from([randomBytes(CHUNK + 1)]));
    const lines = await exported(from);
    await to.payloads.write("p1", Readable.from([randomBytes(5)]));
    // A byte of the second is another.
    const second = lines.findIndex((line) => lineOf(line).payload === "p2");
    const wrong = Buffer.from(String(lineOf(lines[second + 1]!).bytes), "base64");
    wrong[3]! ^= 1;
    const changed = lines.with(second + 1, `${JSON.stringify({ bytes: wrong.toString("base64") })}\n`);
    const outcome = await imported(to, changed);
    expect(outcome).toMatchObject({ imported: 1, present: 0 });
    expect(outcome.refused.map(({ kind, id, error }) => [kind, id, error.constructor])).toEqual([
      ["payloads.files", "p1", DuplicateDocumentError],
      ["payloads.files", "p2", PayloadCorruptError],
    ]);
    expect(await to.payloads.info("p2")).toBe(null);
    expect(await to.payloads.info("p3")).not.toBe(null);
  });

  test("one that was broken off anywhere is an error, and done again it goes on", async () => {
    await from.payloads.write("p1", Readable.from([randomBytes(2 * CHUNK)]));
    await from.payloads.write("p2", Readable.from([randomBytes(3)]));
    const lines = await exported(from);
    for (let length = 1; length < lines.length; length++)
      await expect(imported(to, lines.slice(0, length))).rejects.toThrow(JobExportError);
    for (let left = 1; left < lines.length - 1; left++)
      await expect(imported(to, lines.toSpliced(left, 1))).rejects.toThrow(JobExportError);
    await imported(to, lines);
    expect(await contents(to.payloads)).toEqual(await contents(from.payloads));
  });

  test("the rows of its files are made afterwards, without the bytes", async () => {
    await from.payloads.write("p1", Readable.from([randomBytes(CHUNK + 1)]), {
      name: "n",
      contentType: "a/b",
    });
    await imported(to, await exported(from));
    const rows: object[] = [];
    const workspace = {
      jobDocuments: {
        createPayloadFile: async (args: object) => {
          rows.push(args);
          return { id: "f", status: "pending" };
        },
      },
      files: {
        confirmFileUpload: async (args: object) => {
          rows.push(args);
          return { id: "f", status: "stored" };
        },
      },
    };
    for await (const { id, name, contentType, sha256 } of to.payloads.list())
      await storePayload(workspace, to, id, Readable.from([]), { name, contentType, sha256 });
    const { sha256 } = (await from.payloads.info("p1"))!;
    expect(rows).toMatchObject([
      { jobId: J2, payload: "p1", name: "n", contentType: "a/b" },
      { id: "f", sizeBytes: String(CHUNK + 1), sha256 },
    ]);
  });
});
