import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PGliteLike } from "../adapters/pglite-socket.ts";

/** What is used of a PGlite of its own. */
export interface OwnPGlite extends PGliteLike {
  exec(statements: string): Promise<unknown>;
  dumpDataDir(compression: "none"): Promise<Blob>;
  close(): Promise<void>;
}

/** PGlite's module, as far as it is used. */
interface PGliteModule {
  readonly PGlite: { create(options: Readonly<Record<string, unknown>>): Promise<OwnPGlite> };
}

/** Extensions by name, as `PGlite.create` takes them. */
export type Extensions = Readonly<Record<string, unknown>>;

/** Files that stay on the disk, the newest of each kind: snapshots that have a schema, and clusters that have nothing yet. */
const KEPT = { schema: 6, cluster: 2 } as const;
/** Of this process, by the names of their files. */
const snapshots = new Map<string, Promise<Blob>>();

/** Opens a PGlite that has the schema: from a snapshot of this process, or of one before it, or else made now. */
export async function openSnapshot(
  schema: readonly string[],
  extensions: Extensions,
  cache: string | false,
): Promise<OwnPGlite> {
  const { PGlite } = await loadPGlite();
  // What another version has made, it reads itself only.
  const made = [1, versionOfPGlite(), process.version] as const;
  const snapshot = await oneSnapshot(
    "schema",
    [...made, Object.keys(extensions).sort(), schema],
    cache,
    async () => {
      const cluster = await oneSnapshot("cluster", made, cache, () =>
        takeSnapshot(PGlite, { initDbStartParams: INITDB }),
      );
      return takeSnapshot(PGlite, { loadDataDir: cluster, extensions }, schema);
    },
  );
  return PGlite.create({ loadDataDir: snapshot, extensions });
}

const INITDB = ["--wal-segsize=1", "--encoding=UTF8"];

/** Gives a snapshot of this process, or of one before it, or else what `make` does. */
async function oneSnapshot(
  kind: keyof typeof KEPT,
  of: readonly unknown[],
  cache: string | false,
  make: () => Promise<Blob>,
): Promise<Blob> {
  const hash = createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 24);
  const name = `${kind}-${hash}.tar`;
  let snapshot = snapshots.get(name);
  if (snapshot === undefined) {
    snapshot = cache === false ? make() : readOrMake(join(cache, name), make);
    snapshots.set(name, snapshot);
    // Whoever asks again tries again.
    snapshot.catch(() => snapshots.delete(name));
  }
  return snapshot;
}

async function readOrMake(file: string, make: () => Promise<Blob>): Promise<Blob> {
  if (existsSync(file)) return new Blob([await readFile(file)]);
  const snapshot = await make();
  await keep(file, snapshot);
  return snapshot;
}

/** Begins a PGlite with these options, and takes a snapshot of it with the schema. */
async function takeSnapshot(
  PGlite: PGliteModule["PGlite"],
  options: Readonly<Record<string, unknown>>,
  schema: readonly string[] = [],
): Promise<Blob> {
  const db = await PGlite.create(options);
  try {
    for (const sql of schema) await db.exec(sql);
    await db.exec("checkpoint");
    return await db.dumpDataDir("none");
  } finally {
    await db.close();
  }
}

/** Writes it for processes to come. Where that cannot be, they make their own. */
async function keep(file: string, snapshot: Blob): Promise<void> {
  const folder = dirname(file);
  const temporary = `${file}.${randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, new Uint8Array(await snapshot.arrayBuffer()));
    await rename(temporary, file);
    await removeOldest(folder);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".tar"));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  aged.sort((a, b) => b.at - a.at);
  const clusters = aged.filter(({ name }) => name.startsWith("cluster-"));
  const schemas = aged.filter((one) => !clusters.includes(one));
  for (const { name } of [...clusters.slice(KEPT.cluster), ...schemas.slice(KEPT.schema)])
    await rm(join(folder, name), { force: true });
}

/** Gives where snapshots are kept unless it is said: with the project's other caches, or with the system's temporary files. */
export function defaultCache(): string {
  let folder = process.cwd();
  // In a workspace the packages may lie above.
  while (!existsSync(join(folder, "node_modules")) && folder !== dirname(folder)) folder = dirname(folder);
  const modules = join(folder, "node_modules");
  return existsSync(modules)
    ? join(modules, ".cache", "solitude-testing")
    : join(tmpdir(), "solitude-testing");
}

const PGLITE = "@electric-sql/pglite";

async function loadPGlite(): Promise<PGliteModule> {
  try {
    return (await import("@electric-sql/pglite")) as unknown as PGliteModule;
  } catch (error) {
    const hint = HINTS[(error as NodeJS.ErrnoException).code ?? ""];
    if (hint === undefined) throw error;
    throw new Error(`${hint}; or give \`server\``, { cause: error });
  }
}

/** What to do about errors of loading it, by their codes. */
const HINTS: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: `${PGLITE} is not installed: add it to devDependencies`,
  ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG:
    "PGlite is an ES module, which Jest loads with NODE_OPTIONS=--experimental-vm-modules only",
};

function versionOfPGlite(): string {
  let folder = dirname(createRequire(import.meta.url).resolve(PGLITE));
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  return (createRequire(import.meta.url)(join(folder, "package.json")) as { version: string }).version;
}
