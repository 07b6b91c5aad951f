import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputWatcher } from "../../../src/cli/watch/input-watcher.ts";

let root: string;
let watcher: InputWatcher;
let changed: string[];
let told: () => void;
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "inputs-")));
  for (const folder of ["schema", "queries/people"]) mkdirSync(join(root, folder), { recursive: true });
  changed = [];
  told = () => {};
  watcher = await InputWatcher.start((changes) => {
    changed.push(...changes.keys());
    told();
  });
});
afterEach(async () => {
  await watcher.close();
  rmSync(root, { recursive: true, force: true });
});

const schema = (): string => join(root, "schema");
const queries = (): string => join(root, "queries");

/** Writes a file, and waits until that was told. */
async function seen(path: string): Promise<void> {
  writeFileSync(path, "select 1;\n");
  while (!changed.includes(path))
    await new Promise<void>((done) => {
      told = done;
    });
  changed = [];
}

test("a change right after it stands is told, whatever was watched before", async () => {
  // As when a configuration goes and comes back: what was watched for it is watched anew each time.
  for (let round = 0; round < 3; round++) {
    expect(await watcher.use({ folders: [root], trees: [] })).toBe(true);
    expect(await watcher.use({ folders: [root, schema()], trees: [queries()] })).toBe(true);
    await seen(join(schema(), `${round}.sql`));
    await seen(join(queries(), "people", `${round}.sql`));
    await watcher.use({ folders: [], trees: [] });
  }
});

test("only new places are said to be watched anew", async () => {
  const inputs = { folders: [root, schema()], trees: [queries()] };
  expect(await watcher.use(inputs)).toBe(true);
  expect(await watcher.use(inputs)).toBe(false);
  expect(await watcher.use({ ...inputs, trees: [] })).toBe(false);
  expect(await watcher.use(inputs)).toBe(true);
});

test("a folder that is removed and made again is watched again", async () => {
  const inputs = { folders: [root, schema()], trees: [queries()] };
  await watcher.use(inputs);
  for (const [folder, file] of [
    [schema(), "1.sql"],
    [queries(), "people.sql"],
  ] as const) {
    rmSync(folder, { recursive: true });
    while (!changed.includes(folder))
      await new Promise<void>((done) => {
        told = done;
      });
    mkdirSync(folder);
    expect(await watcher.use(inputs)).toBe(true);
    await seen(join(folder, file));
  }
});
