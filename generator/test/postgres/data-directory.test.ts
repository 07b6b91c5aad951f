import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { create } from "tar";
import {
  type DataDirectory,
  difference,
  type FileContents,
  readArchive,
  withDifference,
} from "../../src/postgres/data-directory.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** All of them, put together. */
const whole = (files: DataDirectory): ReadonlyMap<string, Uint8Array> =>
  new Map([...files].map(([path, { size, copy }]) => [path, copy().subarray(0, size)]));
const directory = (files: ReadonlyMap<string, Uint8Array>): DataDirectory =>
  new Map([...files].map(([path, file]) => [path, { size: file.length, copy: () => new Uint8Array(file) }]));
/** The same, of which what is looked at is put in bytes that are lent, as of an archive. */
const lending = (files: DataDirectory): DataDirectory =>
  new Map(
    [...files].map(([path, file]) => {
      const look: FileContents["look"] = (lent) => {
        const bytes = lent.ofSize(file.size);
        bytes.set(file.copy());
        return bytes;
      };
      return [path, { ...file, look }];
    }),
  );

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-gen-archive-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("an archive is read with its folders, empty files included", async () => {
  mkdirSync(join(folder, "base/5"), { recursive: true });
  writeFileSync(join(folder, "base/5/1259"), "x".repeat(1500));
  writeFileSync(join(folder, "empty"), "");
  const file = join(folder, "archive.tar");
  await create({ file, cwd: folder, portable: true }, ["base", "empty"]);
  const archive = readFileSync(file);
  const files = readArchive(
    (at, length) => new Uint8Array(archive.subarray(at, at + length)),
    archive.length,
  );
  expect([...files.keys()].sort()).toEqual(["base/", "base/5/", "base/5/1259", "empty"]);
  expect(Buffer.from(files.get("base/5/1259")!.copy()).toString()).toBe("x".repeat(1500));
});

test("a difference holds what changed alone, and makes the later directory of the earlier one", () => {
  const before = new Map([
    ["base/", bytes("")],
    ["base/same", bytes("same".repeat(1000))],
    ["base/changed", bytes("old")],
    ["gone", bytes("gone")],
  ]);
  const after = new Map([
    ...before,
    ["base/changed", bytes("new")] as const,
    ["base/more", bytes("more")] as const,
  ]);
  after.delete("gone");
  const change = difference(directory(before), directory(after));
  expect(change.length).toBeLessThan(1000);
  expect(whole(withDifference(directory(before), change))).toEqual(after);
  expect(before.has("gone")).toBe(true);
});

test("a file that is the same object in both is not read", () => {
  const read = { size: 3, copy: () => bytes("abc") };
  const unread = {
    size: 3,
    copy: (): Uint8Array => {
      throw new Error("it was read");
    },
  };
  const before = new Map([
    ["read", read],
    ["unread", unread],
  ]);
  const change = difference(before, new Map([...before, ["read", { ...read }], ["moved", read]]));
  expect([...withDifference(before, change).keys()]).toEqual(["read", "unread", "moved"]);
  expect(() => difference(before, new Map([["unread", { ...unread }]]))).toThrow("it was read");
});

test("of a large file only the pages that changed, whatever it was and has become", () => {
  // Blocks of a page's size and odd ones, so that files grow, shrink and end within a page.
  const contents = fc
    .array(fc.tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(8192, 8192, 8192, 4096, 100)), { maxLength: 6 })
    .map((parts) => Buffer.concat(parts.map(([value, length]) => Buffer.alloc(length, value))));
  const directories = fc
    .dictionary(fc.constantFrom("a", "b", "c"), contents)
    .map((files) => new Map<string, Uint8Array>(Object.entries(files)));
  const hex = (files: ReadonlyMap<string, Uint8Array>): string[] =>
    [...files].map(([path, c]) => `${path} ${Buffer.from(c).toString("hex")}`).sort();
  fc.assert(
    fc.property(directories, directories, (before, after) => {
      const was = hex(before);
      const from = directory(before);
      expect(
        hex(whole(withDifference(from, difference(from, directory(after))))).join() === hex(after).join(),
      ).toBe(true);
      expect(hex(before).join() === was.join()).toBe(true);
      // Bytes that are lent to several files, one after the other, are those of none.
      const lent = difference(lending(from), lending(directory(after)));
      expect(hex(whole(withDifference(from, lent))).join() === hex(after).join()).toBe(true);
    }),
  );
  const large = Buffer.alloc(100 * 8192, 1);
  const touched = Buffer.from(large);
  touched[50 * 8192] = 2;
  expect(
    difference(directory(new Map([["a", large]])), directory(new Map([["a", touched]]))).length,
  ).toBeLessThan(2 * 8192);
});
