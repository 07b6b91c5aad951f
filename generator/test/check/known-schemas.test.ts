import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { withBase } from "../../src/check/base/base.ts";
import { diffSchemas, type Writing } from "../../src/check/schema/diff.ts";
import { verify } from "../../src/check/verify/verify.ts";
import { vet } from "../../src/check/vet.ts";
import { loadConfig } from "../../src/config/load.ts";
import { DiskFiles } from "../../src/files/disk-files.ts";
import { analyze } from "../../src/project/analyze.ts";
import { type Host, NO_STORE, type Store } from "../../src/project/host.ts";
import { nodeHost } from "../../src/project/node-host.ts";
import { Project } from "../../src/project/project.ts";
import { Workspace } from "../../src/project/workspace.ts";

/** Keeps what it is given, as it is. */
function memoryStore(): Store {
  const kept = new Map<string, unknown>();
  const read = async <T>(kind: string, key: string) => (kept.get(`${kind} ${key}`) as T | undefined) ?? null;
  const write = async (kind: string, key: string, value: unknown) => void kept.set(`${kind} ${key}`, value);
  const readBytes = async (kind: string, key: string) =>
    (await read<Uint8Array<ArrayBuffer>>(kind, key))?.slice() ?? null;
  return { exists: true, isKept: true, read, write, readBytes, writeBytes: write };
}

let store: Store;
/** Each script that a database ran, in the order of running. */
let ran: string[];
const host: Host = {
  ...nodeHost,
  store: () => store,
  start: async (options, instead) => {
    const engine = await nodeHost.start(options, instead);
    const run = engine.run.bind(engine);
    engine.run = (sql, onNotice) => {
      ran.push(sql);
      return run(sql, onNotice);
    };
    return engine;
  },
};

const USERS = "create table users (id bigint primary key, name text not null);\n";
const PETS = "create table pets (id bigint primary key);\n";
const RENAMED = "alter table users rename column name to title;\n";
const BASE: Readonly<Record<string, string>> = {
  "sqlc.yaml":
    'version: "2"\nsql:\n  - engine: postgresql\n    schema: migrations\n    queries: queries.sql\n',
  "migrations/1_users.sql": USERS,
  "migrations/2_pets.sql": PETS,
  "queries.sql": "-- name: GetUser :one\nselect name from users where id = @id;\n",
};
const HEAD = {
  ...BASE,
  "migrations/3_title.sql": RENAMED,
  "queries.sql": "-- name: GetUser :one\nselect title from users where id = @id;\n",
};

let root: string;
let workspace: Workspace;
let head: Project;
beforeEach(() => {
  ran = [];
  root = mkdtempSync(join(tmpdir(), "solitude-gen-known-"));
  for (const [folder, files] of Object.entries({ base: BASE, head: HEAD }))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, folder, path)), { recursive: true });
      writeFileSync(join(root, folder, path), text);
    }
});
afterEach(async () => {
  await workspace.close();
  rmSync(root, { recursive: true });
});

async function open(keeping: Store): Promise<void> {
  store = keeping;
  workspace = new Workspace(host, { usesStore: true });
  const loaded = await loadConfig(undefined, join(root, "head"));
  head = Project.open(workspace, loaded, () => new DiskFiles(loaded.root));
}

const base = <T>(work: Parameters<typeof withBase<T>>[3]): Promise<T> =>
  withBase(join(root, "base"), head, root, work);
const compare = (migration: Writing) => base((other) => diffSchemas(head, other, { migration }));
/** How often one of them ran a statement. */
const times = (statement: string): number =>
  ran.filter((sql) => sql.includes(statement.trim().slice(0, -1))).length;
const renames = (): number => ran.filter((sql) => /rename column/i.test(sql)).length;

test("rules about a migration take the schema before it from whoever applied that", async () => {
  await open(memoryStore());
  await compare("none");
  const before = [times(USERS), times(PETS)];
  const { diagnostics } = await vet(
    head,
    { against: join(root, "base"), cwd: root, baseline: null, writeBaseline: false },
    analyze,
  );
  expect(diagnostics.map(({ code }) => code)).toEqual(["rename-column"]);
  expect([times(USERS), times(PETS)]).toEqual(before);
});

test("what a comparison found serves the plan for the roll-out, and is the same without it", async () => {
  await open(NO_STORE);
  const planned = async () =>
    base(async (other) => {
      const from = renames();
      const { verdict } = await verify(head, other, analyze, { order: null });
      return { plans: verdict!.plans, renamed: renames() - from };
    });
  const alone = await planned();
  expect(alone.plans).toMatchObject([{ refused: null }]);
  const { diffs } = await compare("where renamed");
  expect(diffs[0]!.changes).toMatchObject([{ change: "renamed", identity: "public.users.title" }]);
  const after = await planned();
  expect(after.plans).toEqual(alone.plans);
  expect(after.renamed).toBeLessThan(alone.renamed);
});

test("a migration that is wanted is written in both forms, whatever was found before", async () => {
  await open(NO_STORE);
  const [none, statements, online] = [
    await compare("where renamed"),
    await compare("statements"),
    await compare("online"),
  ].map(({ diffs }) => diffs[0]!.migration);
  expect(none?.statements).toEqual(statements?.statements);
  expect(online?.statements).toEqual(statements?.statements);
  writeFileSync(
    join(root, "head/migrations/3_title.sql"),
    "alter table users add constraint named check (name <> '');\n",
  );
  workspace.forgetFiles();
  expect((await compare("where renamed")).diffs[0]!.migration).toBeNull();
  expect((await compare("statements")).diffs[0]!.migration).toMatchObject({ online: null });
  expect((await compare("online")).diffs[0]!.migration?.online).not.toBeNull();
});
