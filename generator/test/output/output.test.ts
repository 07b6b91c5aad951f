import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareOutput } from "../../src/output/compare.ts";
import { type FileSystem, nodeFileSystem } from "../../src/output/file-system.ts";
import { GENERATED_HEADER } from "../../src/output/ownership.ts";
import { type OutputSet, planOutput } from "../../src/output/plan.ts";
import { type WriteResult, writeOutput } from "../../src/output/write.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "solitude-gen-output-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const ours = (body: string): string => `${GENERATED_HEADER}\n${body}\n`;

function set(files: Record<string, string>, out = "gen", index = 0): OutputSet {
  return { index, out, files: Object.entries(files).map(([path, body]) => ({ path, contents: ours(body) })) };
}
async function write(sets: OutputSet[], fs: FileSystem = nodeFileSystem): Promise<WriteResult> {
  return writeOutput(await planOutput(sets, root), fs);
}
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const codes = async (sets: OutputSet[]): Promise<string[]> =>
  (await planOutput(sets, root)).diagnostics.map((diagnostic) => diagnostic.code);

test("creates, updates, leaves alone and removes", async () => {
  expect(await write([set({ "a.ts": "1", "b.ts": "1", "sub/c.ts": "1" })])).toEqual({
    created: 3,
    updated: 0,
    unchanged: 0,
    removed: 0,
  });
  const before = statSync(join(root, "gen/a.ts"), { bigint: true });
  writeFileSync(join(root, "gen/mine.ts"), "export const mine = 1;\n");
  const result = await write([set({ "a.ts": "1", "sub/c.ts": "2" })]);
  expect(result).toEqual({ created: 0, updated: 1, unchanged: 1, removed: 1 });
  const after = statSync(join(root, "gen/a.ts"), { bigint: true });
  expect([after.mtimeNs, after.ino]).toEqual([before.mtimeNs, before.ino]);
  expect(readdirSync(join(root, "gen")).sort()).toEqual(["a.ts", "mine.ts", "sub"]);
  expect(read("gen/sub/c.ts")).toBe(ours("2"));
});

test("never overwrites what it did not write", async () => {
  mkdirSync(join(root, "gen/folder.ts"), { recursive: true });
  writeFileSync(join(root, "gen/a.ts"), "// mine\n");
  const plan = await planOutput([set({ "a.ts": "1", "b.ts": "1", "folder.ts": "1" })], root);
  expect(plan.diagnostics.map((d) => d.code)).toEqual(["output-not-ours", "output-not-ours"]);
  expect(plan.diagnostics[0]!.message).toContain("gen/a.ts");
  await expect(writeOutput(plan)).rejects.toThrow("must not be written");
  expect(read("gen/a.ts")).toBe("// mine\n");
  expect(existsSync(join(root, "gen/b.ts"))).toBe(false);
});

describe("a run that fails leaves the previous output whole", () => {
  const next = set({ "a.ts": "new", "b.ts": "new", "c.ts": "new" });
  const expectPrevious = (): void => {
    expect(readdirSync(join(root, "gen")).sort()).toEqual(["a.ts", "b.ts", "old.ts"]);
    expect([read("gen/a.ts"), read("gen/b.ts")]).toEqual([ours("previous"), ours("previous")]);
  };
  beforeEach(() => write([set({ "a.ts": "previous", "b.ts": "previous", "old.ts": "previous" })]));

  test("while writing beside it", async () => {
    let writes = 0;
    const full: FileSystem = {
      ...nodeFileSystem,
      write: async (path, contents, mode) => {
        if (++writes === 3) throw Object.assign(new Error("disk full"), { code: "ENOSPC" });
        return nodeFileSystem.write(path, contents, mode);
      },
    };
    await expect(write([next], full)).rejects.toThrow("disk full");
    expectPrevious();
  });

  test.each([1, 2, 3])("at rename %i", async (failing) => {
    let renames = 0;
    const broken: FileSystem = {
      ...nodeFileSystem,
      renameNow: (from, to) => {
        if (++renames === failing) throw Object.assign(new Error("no permission"), { code: "EACCES" });
        nodeFileSystem.renameNow(from, to);
      },
    };
    await expect(write([next], broken)).rejects.toThrow("no permission");
    expectPrevious();
  });

  test("renames nothing before everything is written", async () => {
    const log: string[] = [];
    const logged: FileSystem = {
      ...nodeFileSystem,
      write: async (...args) => {
        log.push("write");
        return nodeFileSystem.write(...args);
      },
      renameNow: (from, to) => {
        log.push("rename");
        nodeFileSystem.renameNow(from, to);
      },
    };
    await write([next], logged);
    expect(log).toEqual(["write", "write", "write", "rename", "rename", "rename"]);
  });
});

test("cleans up after a crashed run, and only after that", async () => {
  mkdirSync(join(root, "gen"));
  const crashed = ".a.ts.solitude-gen-99999999-0123456789ab.tmp";
  const running = `.a.ts.solitude-gen-${process.pid}-0123456789ab.tmp`;
  for (const name of [crashed, running, ".mine.tmp"]) writeFileSync(join(root, "gen", name), "");
  await write([set({ "a.ts": "1" })]);
  expect(readdirSync(join(root, "gen")).sort()).toEqual([running, ".mine.tmp", "a.ts"]);
});

test("sets may share a folder, but not a file", async () => {
  await write([set({ "a.ts": "1" }), set({ "b.ts": "1" }, "./gen/", 1)]);
  expect(readdirSync(join(root, "gen"))).toEqual(["a.ts", "b.ts"]);
  expect(await codes([set({ "a.ts": "1" }), set({ "a.ts": "1" }, "gen", 1)])).toEqual([]);
  expect(await codes([set({ "a.ts": "1" }), set({ "a.ts": "2" }, "gen", 1)])).toEqual(["output-collision"]);
  expect(await codes([set({ "a.ts": "1", "A.ts": "1" })])).toEqual(["output-collision"]);
});

test("an out folder may lie outside of the root, a file not outside of its folder", async () => {
  const outside = mkdtempSync(join(tmpdir(), "solitude-gen-outside-"));
  await write([set({ "a.ts": "1" }, outside)]);
  expect(readdirSync(outside)).toEqual(["a.ts"]);
  rmSync(outside, { recursive: true });
  expect(await codes([set({ "../a.ts": "1" })])).toEqual(["output-path-invalid"]);
});

test("does not search the folders of others for what is left over", async () => {
  mkdirSync(join(root, "gen/other"), { recursive: true });
  writeFileSync(join(root, "gen/other/a.ts"), ours("another configuration's"));
  expect((await write([set({ "a.ts": "1" })])).removed).toBe(0);
});

test("compares: missing, changed and left over, as a diff; CRLF is no change", async () => {
  await write([set({ "a.ts": "1", "b.ts": "1", "crlf.ts": "1" })]);
  writeFileSync(join(root, "gen/crlf.ts"), ours("1").replaceAll("\n", "\r\n"));
  const current = set({ "a.ts": "1", "b.ts": "1", "crlf.ts": "1" });
  expect((await compareOutput(await planOutput([current], root))).diff).toBe("");
  const stale = await planOutput([set({ "a.ts": "2", "c.ts": "1", "crlf.ts": "1" })], root);
  const comparison = await compareOutput(stale);
  expect(comparison).toMatchObject({ missing: ["gen/c.ts"], changed: ["gen/a.ts"], leftover: ["gen/b.ts"] });
  expect(comparison.diff).toBe(`--- a/gen/a.ts
+++ b/gen/a.ts
@@ -1,2 +1,2 @@
 ${GENERATED_HEADER}
-1
+2
--- /dev/null
+++ b/gen/c.ts
@@ -0,0 +1,2 @@
+${GENERATED_HEADER}
+1
--- a/gen/b.ts
+++ /dev/null
@@ -1,2 +0,0 @@
-${GENERATED_HEADER}
-1
`);
});
