import {
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileSystem } from "../../src/output/file-system.ts";
import { knownFiles } from "../../src/output/known-files.ts";

let folder: string;
let disk: FileSystem;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "known-files-")));
  disk = knownFiles();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

test("a file that was written is read as it is, whatever its times say", async () => {
  const path = at("a.ts");
  for (const [i, text] of ["one", "two", "three", "four"].entries()) {
    writeFileSync(path, text);
    utimesSync(path, 1_000, 1_000);
    // Others wrote it before anybody could have known it.
    for (let again = 0; again < 2; again++) expect([i, await disk.read(path)]).toEqual([i, text]);
  }
  rmSync(path);
  expect(await disk.read(path)).toBeNull();
  await expect(disk.read(folder)).rejects.toThrow("EISDIR");
});

test("a file that another took the place of is the other one", async () => {
  writeFileSync(at("a.ts"), "one");
  expect(await disk.read(at("a.ts"))).toBe("one");
  writeFileSync(at("b.ts"), "two");
  renameSync(at("b.ts"), at("a.ts"));
  expect(await disk.read(at("a.ts"))).toBe("two");
});

test("a link that leads elsewhere now does so", async () => {
  for (const name of ["one", "two"]) writeFileSync(at(name), name);
  symlinkSync(at("one"), at("link"));
  for (let again = 0; again < 2; again++) {
    expect(await disk.resolve(at("link"))).toBe(at("one"));
    expect(await disk.read(at("link"))).toBe("one");
  }
  rmSync(at("link"));
  symlinkSync(at("two"), at("link"));
  expect(await disk.resolve(at("link"))).toBe(at("two"));
  expect(await disk.read(at("link"))).toBe("two");
  expect(await disk.resolve(at("none"))).toBe(at("none"));
});
