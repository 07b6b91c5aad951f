import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContentCache } from "../../src/cache/content-cache.ts";

const MB = 1024 * 1024;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "content-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a file there that was used so many minutes ago, of a size that takes no place on disk. */
function place(name: string, size: number, minutes: number): string {
  const path = join(folder, name);
  writeFileSync(path, "");
  truncateSync(path, size);
  const at = new Date(Date.now() - minutes * 60_000);
  utimesSync(path, at, at);
  return name;
}
const entry = (n: number, size: number, minutes: number): string =>
  place(`output-${String(n).repeat(64)}`, size, minutes);

test("what has been used least recently goes where there is more than it may hold, and nothing that is not its own", async () => {
  const cache = new ContentCache(folder);
  entry(1, 100 * MB, 3);
  const kept = [entry(2, 100 * MB, 2), entry(3, 100 * MB, 1), place("somebody-else's", 300 * MB, 9)];
  const key = ContentCache.key("a");
  await cache.write("files", key, { a: 1 });
  expect(readdirSync(folder).sort()).toEqual([...kept, `files-${key}`].sort());
  expect(await cache.read("files", key)).toEqual({ a: 1 });
});

test("what was made of the same goes together, by when any of it was used last", async () => {
  const cache = new ContentCache(folder);
  const of = (kind: string, n: number, size: number, minutes: number): string =>
    place(`${kind}-${String(n).repeat(64)}`, size, minutes);
  // Of the older schema all but the snapshot was read a minute ago.
  const kept = [of("snapshot", 1, 100 * MB, 9), of("schema", 1, MB, 1)];
  of("snapshot", 2, 200 * MB, 5);
  of("schema", 2, MB, 5);
  const key = ContentCache.key("a");
  await cache.write("files", key, { a: 1 });
  expect(readdirSync(folder).sort()).toEqual([...kept, `files-${key}`].sort());
});

test("a process that goes on writing looks again at what there is", async () => {
  const cache = new ContentCache(folder);
  const key = ContentCache.key("a");
  await cache.write("files", key, 1);
  const oldest = entry(1, 250 * MB, 3);
  await cache.write("files", key, 2);
  expect(readdirSync(folder)).toContain(oldest);
  await cache.writeBytes("output", ContentCache.key("b"), new Uint8Array(17 * MB));
  expect(readdirSync(folder)).not.toContain(oldest);
});

test("bytes are the reader's own, and none where a byte of the file is another", async () => {
  const cache = new ContentCache(folder);
  const key = ContentCache.key("a");
  await cache.writeBytes("snapshot", key, new Uint8Array([1, 2, 3]));
  const read = (await cache.readBytes("snapshot", key))!;
  expect([...read]).toEqual([1, 2, 3]);
  structuredClone(read, { transfer: [read.buffer] });
  expect([...(await cache.readBytes("snapshot", key))!]).toEqual([1, 2, 3]);
  const path = join(folder, `snapshot-${key}`);
  truncateSync(path, 22);
  expect(await cache.readBytes("snapshot", key)).toBeNull();
});

test("what lies in another entry's place is none of its own, though nothing of it is broken", async () => {
  const cache = new ContentCache(folder);
  const [one, other] = [ContentCache.key("one"), ContentCache.key("other")];
  await cache.write("files", one, { of: "one" });
  await cache.write("files", other, { of: "other" });
  copyFileSync(join(folder, `files-${one}`), join(folder, `files-${other}`));
  expect(await cache.read("files", other)).toBeNull();
  expect(await cache.read("files", one)).toEqual({ of: "one" });
});
