import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderInMemory } from "./temporary-folder.mjs";

const here = mkdtempSync(join(tmpdir(), "temporary-folder-"));
afterAll(() => rmSync(here, { recursive: true, force: true }));

test("a folder that the environment names is left to be it", () => {
  expect(folderInMemory({ TMPDIR: here })).toBeUndefined();
});

test.each(["/proc", join(here, "nowhere")])("%s is no place for it, and nothing is left there", (place) => {
  const before = existsSync(place) ? readdirSync(place).filter((name) => name.startsWith("solitude")) : [];
  expect(folderInMemory({}, place)).toBeUndefined();
  if (before.length > 0) expect(readdirSync(place)).toEqual(expect.arrayContaining(before));
});

const memory = process.env.SOLITUDE_TEST_MEMORY;
(memory === undefined ? test.skip : test)(
  "what suites write for a moment is in the memory of the run",
  () => {
    expect(tmpdir()).toBe(memory);
    expect(process.env.SOLITUDE_TEST_RUN).toContain(memory);
    expect(statfsSync(tmpdir()).type).toBe(0x01021994);
  },
);
