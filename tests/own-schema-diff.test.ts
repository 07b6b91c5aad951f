import { fileURLToPath } from "node:url";
import type { Side } from "../generator/src/check/schema/side.ts";
import { loadConfig } from "../generator/src/config/load.ts";
import { DiskFiles } from "../generator/src/files/disk-files.ts";
import type { SchemaFile } from "../generator/src/model/source.ts";
import { readSchema } from "../generator/src/source/read-source.ts";
import { Bench } from "../generator/test/check/schema/bench.ts";
import { sliceToRun } from "./long-form.ts";

// Solitude's own schema as it was after some of its migrations, turned into the whole.

const ROOT = fileURLToPath(new URL("..", import.meta.url));

let bench: Bench;
let files: readonly SchemaFile[];
/** The schema after all of them, built once. */
let head: Side;
beforeAll(async () => {
  const { root, config } = await loadConfig(undefined, ROOT);
  files = (await readSchema(new DiskFiles(root), config.querySets[0]!)).schema;
  bench = await Bench.start();
  head = await bench.side(...files.map(({ text }) => text));
});
afterAll(() => bench.close());

/** `writeMigration` runs what it has written and compares: it throws where anything is left. */
test.each(sliceToRun("cuts of Solitude's own migrations", [0, 1, 1 / 3, 2 / 3], 4))(
  "cut after %f of its migrations",
  async (part) => {
    const whole = files.map(({ text }) => text);
    const cut = whole.slice(0, Math.round((whole.length - 1) * part));
    const { migration, changes } = await bench.between(await bench.side(...cut), head);
    expect(migration!.unsupported).toEqual([]);
    // The last migration may be one that only fills in rows.
    const isSchemaChanged = whole.slice(cut.length).some((text) => /^(create|alter|drop)\b/im.test(text));
    expect(changes.length > 0).toBe(isSchemaChanged);
    expect(migration!.statements.filter(({ destroys }) => destroys !== null)).toEqual([]);
  },
);

test("and back again", async () => {
  const whole = files.map(({ text }) => text);
  const cut = whole.slice(0, Math.round(whole.length / 2));
  const { migration } = await bench.between(head, await bench.side(...cut));
  expect(migration!.unsupported).toEqual([]);
  expect(migration!.statements.length).toBeGreaterThan(0);
});
