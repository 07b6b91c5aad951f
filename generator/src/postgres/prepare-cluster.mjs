// Makes the cluster that ships with the package: initdb's work, done once, as small as it can be.
// usage: node prepare-cluster.mjs <cluster.tar>
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { create } from "tar";

const [, , target] = process.argv;
const folder = await mkdtemp(join(tmpdir(), "solitude-gen-cluster-"));
try {
  const data = join(folder, "data");
  const pg = await PGlite.create({
    dataDir: data,
    initDbStartParams: ["--wal-segsize=1", "--encoding=UTF8"],
  });
  await pg.exec("vacuum");
  await pg.exec("checkpoint");
  const current = (await pg.query("select pg_walfile_name(pg_current_wal_lsn()) as name")).rows[0].name;
  await pg.close();
  // template0 and template1 serve only CREATE DATABASE; segments before the last checkpoint's serve nothing.
  for (const database of ["1", "4"]) {
    for (const file of await readdir(join(data, "base", database)))
      await rm(join(data, "base", database, file));
  }
  for (const file of await readdir(join(data, "pg_wal"))) {
    if (/^[0-9A-F]{24}$/.test(file) && file !== current) await rm(join(data, "pg_wal", file));
  }
  await rm(join(data, "postmaster.pid"), { force: true });
  await create({ file: target, cwd: data, portable: true }, await readdir(data));
} finally {
  await rm(folder, { recursive: true, force: true });
}
