import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { difference, readArchive, withDifference } from "../../src/postgres/data-directory.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

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
  const files = readArchive(readFileSync(file));
  expect([...files.keys()].sort()).toEqual(["base/", "base/5/", "base/5/1259", "empty"]);
  expect(Buffer.from(files.get("base/5/1259")!).toString()).toBe("x".repeat(1500));
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
  const change = difference(before, after);
  expect(change.length).toBeLessThan(1000);
  expect(withDifference(before, change)).toEqual(after);
  expect(before.has("gone")).toBe(true);
});
