import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { until } from "../../runtime/test/postgres/until.ts";
import { serverUser, startPostgres } from "../../stack/embedded-postgres.mjs";
import { freePort } from "../../stack/processes/free-port.mjs";
import { applySolitudeSchema } from "../postgres/solitude-schema.ts";

// A copy, the WAL since, and a moment: stack/restore.sh makes a server of them that has what was there at that moment, and
// whose trail verifies. The copy is made as pg_basebackup makes it, which npm's binaries are without.

const STACK = fileURLToPath(new URL("../../stack", import.meta.url));

let folder: string;
const running: Awaited<ReturnType<typeof startPostgres>>[] = [];
const pools: pg.Pool[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-backup-"));
  chmodSync(folder, 0o755);
  // Beside the data, since the server's user may not be able to enter the clone.
  for (const script of ["archive-wal.sh", "restore.sh"])
    copyFileSync(join(STACK, script), join(folder, script));
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await Promise.all(running.map((server) => server.stop("SIGQUIT")));
  rmSync(folder, { recursive: true, force: true });
});

const ownedFolder = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  const { uid, gid } = serverUser();
  if (uid !== undefined) chownSync(path, uid, gid!);
  return path;
};

async function start(home: string, settings: Record<string, string>): Promise<pg.Pool> {
  const port = await freePort();
  running.push(
    await startPostgres({ version: 16, home, port, settings: { shared_buffers: "32MB", ...settings } }),
  );
  const pool = new pg.Pool({ host: "127.0.0.1", port, user: "postgres", database: "postgres", max: 2 });
  pool.on("error", () => {});
  pools.push(pool);
  return pool;
}

const append = (pool: pg.Pool, action: string): Promise<unknown> =>
  pool.query(
    "insert into audit_logs (workspace_id, actor_kind, action, target_kind) values (gen_random_uuid(), 'system', $1, 'workspace')",
    [action],
  );

test("a copy and the WAL since give what was there at a moment, and the trail verifies", async () => {
  const archive = ownedFolder("archive");
  const old = await start(ownedFolder("old"), {
    archive_mode: "on",
    archive_command: `sh ${join(folder, "archive-wal.sh")} %p %f ${archive}`,
    // The WAL of a server that nothing is written to is short.
    min_wal_size: "32MB",
  });
  await applySolitudeSchema(old);
  await append(old, "before.copy");

  const copy = join(folder, "copy");
  const session = await old.connect();
  await session.query("select pg_backup_start('test', true)");
  const data = join(folder, "old/data");
  cpSync(data, copy, {
    recursive: true,
    filter: (source) => !["pg_wal", "postmaster.pid"].includes(basename(source)),
  });
  const { rows } = await session.query("select labelfile from pg_backup_stop(false)");
  writeFileSync(join(copy, "backup_label"), rows[0].labelfile);
  session.release();

  await append(old, "after.copy");
  const [{ at }] = (await old.query("select clock_timestamp()::text as at")).rows;
  await append(old, "too.late");
  const [{ name }] = (await old.query("select pg_walfile_name(pg_switch_wal()) as name")).rows;
  await until(
    async () =>
      (await old.query("select last_archived_wal >= $1 as is_there from pg_stat_archiver", [name])).rows[0]
        .is_there,
  );
  await running.pop()!.stop("SIGQUIT");

  const home = ownedFolder("new");
  const restore = (...more: string[]) =>
    spawnSync("sh", [join(folder, "restore.sh"), copy, archive, join(home, "data"), ...more], {
      encoding: "utf8",
      ...serverUser(),
    });
  // What the copy is owned by is the user that made it.
  const { uid, gid } = serverUser();
  if (uid !== undefined) spawnSync("chown", ["-R", `${uid}:${gid}`, copy]);
  expect(restore(at)).toMatchObject({ status: 0, stderr: "" });
  expect(restore(at).stderr).toMatch(/is there, and not empty/);
  const restored = await start(home, {});
  await until(
    async () => (await restored.query("select pg_is_in_recovery() as is_so")).rows[0].is_so === false,
  );
  const actions = (await restored.query("select action from audit_logs order by occurred_at")).rows;
  expect(actions.map(({ action }) => action)).toEqual(["before.copy", "after.copy"]);
  expect((await restored.query("select from audit_chain_entries where problem is not null")).rows).toEqual(
    [],
  );
  await append(restored, "goes.on");
});

test("what is archived under a name stays; the same again is no error, something else is one", () => {
  const archive = join(folder, "names");
  const file = join(folder, "segment");
  const keep = (content: string): number | null => {
    writeFileSync(file, content);
    return spawnSync("sh", [join(folder, "archive-wal.sh"), file, "000000010000000000000001", archive])
      .status;
  };
  expect([keep("a"), keep("a"), keep("b")]).toEqual([0, 0, 1]);
});

test("a copy that fails leaves none, and of those that succeed seven stay, with the WAL of the oldest", () => {
  const home = join(folder, "service");
  for (const name of ["bin", "secrets", "base"]) mkdirSync(join(home, name), { recursive: true });
  writeFileSync(join(home, "secrets/solitude_backup.password"), "secret");
  // In place of PostgreSQL's programs, which npm's binaries are without.
  const program = (name: string, text: string): void => {
    writeFileSync(join(home, "bin", name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  const label = (start: string): string => `START WAL LOCATION: 0/2000028 (file ${start})\n`;
  const old = Array.from({ length: 7 }, (_, i) => `2026010${i + 1}T000000Z`);
  for (const [i, name] of old.entries()) {
    mkdirSync(join(home, "base", name));
    writeFileSync(join(home, "base", name, "backup_label"), label(`00000001000000000000000${i + 1}`));
  }
  const run = () =>
    spawnSync("sh", [join(STACK, "backup.sh"), "once"], {
      encoding: "utf8",
      env: {
        PATH: `${join(home, "bin")}:${process.env.PATH}`,
        BACKUPS: home,
        SECRETS: join(home, "secrets"),
      },
    });
  program("pg_verifybackup", "exit 0");
  program("pg_archivecleanup", `echo "$@" > ${join(home, "cleaned")}`);
  program("pg_basebackup", `mkdir -p "$2"; exit 1`);
  expect(run().status).not.toBe(0);
  expect(readdirSync(join(home, "base")).filter((name) => !name.startsWith("."))).toEqual(old);
  program(
    "pg_basebackup",
    `mkdir -p "$2"; printf '%s' '${label("000000010000000000000009").trim()}' > "$2/backup_label"`,
  );
  expect(run()).toMatchObject({ status: 0, stderr: "" });
  const kept = readdirSync(join(home, "base"));
  expect(kept).toHaveLength(7);
  expect(kept.slice(0, 6)).toEqual(old.slice(1));
  expect(readFileSync(join(home, "cleaned"), "utf8").trim()).toBe(
    `${join(home, "wal")} 000000010000000000000002`,
  );
});
