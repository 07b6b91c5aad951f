import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FSWatcher, watch } from "chokidar";
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

/** Waits until the path is told. */
async function isTold(path: string): Promise<void> {
  while (!changed.includes(path))
    await new Promise<void>((done) => {
      told = done;
    });
  changed = [];
}

/** Writes a file, and waits until that was told. */
async function seen(path: string): Promise<void> {
  writeFileSync(path, "select 1;\n");
  await isTold(path);
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

test("a folder that takes the place of another by its name, or by a link, is watched in its stead", async () => {
  for (const folder of ["real/1/schema", "real/2/schema", "deep/1/schema", "deep/2/schema"])
    mkdirSync(join(root, folder), { recursive: true });
  mkdirSync(join(root, "links"));
  symlinkSync("../real/1", join(root, "links/current"));
  const linked = join(root, "links/current/schema");
  const named = join(root, "deep/1/schema");
  const inputs = { folders: [linked, named, root], trees: [] };
  await watcher.use(inputs);
  await seen(join(linked, "a.sql"));
  await seen(join(named, "a.sql"));

  symlinkSync("../real/2", join(root, "links/next"));
  renameSync(join(root, "links/next"), join(root, "links/current"));
  // The link itself is watched, wherever it is.
  await isTold(join(root, "links/current"));
  expect(await watcher.use(inputs)).toBe(true);
  await seen(join(linked, "b.sql"));

  renameSync(join(root, "deep/1"), join(root, "deep/0"));
  renameSync(join(root, "deep/2"), join(root, "deep/1"));
  expect(await watcher.use(inputs)).toBe(true);
  await seen(join(named, "b.sql"));
});

test.each(["project~", ".git/tree", "a.swp"])("a project in a folder named %s is watched", async (name) => {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  await watcher.use({ folders: [folder], trees: [] });
  await seen(join(folder, "sqlc.yaml"));
});

test("rights that change are told, and a link that led nowhere and goes", async () => {
  const file = join(schema(), "1.sql");
  const link = join(schema(), "2.sql");
  writeFileSync(file, "");
  chmodSync(file, 0);
  symlinkSync("nowhere", link);
  await watcher.use({ folders: [schema()], trees: [queries()] }, true);
  chmodSync(file, 0o644);
  await isTold(file);
  rmSync(link);
  await isTold(link);
  const below = join(queries(), "people", "1.sql");
  await seen(below);
  chmodSync(below, 0o600);
  await isTold(below);
});

test("where the system gives no more watches, that is said, and files are looked at instead", async () => {
  await watcher.close();
  let isFirst = true;
  // As the library does of a folder that it cannot watch: it says why, and may never be ready.
  const lacking: typeof watch = (path, options) => {
    if (options?.usePolling) return watch(path, options);
    const refused = watch([], options) as FSWatcher;
    setImmediate(() => {
      isFirst = false;
      refused.emit("error", Object.assign(new Error("no space"), { code: "ENOSPC" }));
    });
    return refused;
  };
  watcher = await InputWatcher.start((changes) => {
    changed.push(...changes.keys());
    told();
  }, lacking);
  const inputs = { folders: [schema()], trees: [queries()] };
  expect(await watcher.use(inputs)).toBe(true);
  expect(isFirst).toBe(false);
  expect(watcher.problem).toMatchObject({ code: "watch-limit", severity: "warning" });
  expect(await watcher.use(inputs)).toBe(true);
  await seen(join(schema(), "1.sql"));
  await seen(join(queries(), "people", "1.sql"));
});
