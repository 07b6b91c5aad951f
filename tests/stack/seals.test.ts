import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPool, type Pool } from "@solitude/runtime";
import { keepSeals, signSeals, verifySeals } from "../../stack/seals.mjs";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";

// Seals are signed with a key that the database does not have, as the worker or the maintenance, who may do nothing else to them.

const LOGIN = `solitude_sealer_${randomBytes(4).toString("hex")}`;
const MAINTENANCE = `${LOGIN}_maintenance`;
const STACK = fileURLToPath(new URL("../../stack", import.meta.url));
const key = generateKeyPairSync("ed25519");
let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await database.pool.query(
    `create role ${LOGIN} login in role solitude_worker; create role ${MAINTENANCE} login in role solitude_ops`,
  );
  pool = createPool({ connectionString: database.urlAs(LOGIN), max: 2 });
});
afterAll(async () => {
  await pool?.close();
  await database?.pool.query(`drop role ${LOGIN}, ${MAINTENANCE}`);
  await database?.drop();
});

const seal = async (): Promise<void> => {
  await database.pool.query(
    "insert into audit_logs (workspace_id, actor_kind, action, target_kind) values (gen_random_uuid(), 'system', 'a.b', 't')",
  );
  await database.pool.query("select seal_audit_trail()");
};
const behindTheTriggers = (statement: string) =>
  database.pool.query(`begin; set local session_replication_role = replica; ${statement}; commit`);

test("each seal is signed once, and what is not what was signed is told", async () => {
  await seal();
  const first = await signSeals(pool, key.privateKey);
  await seal();
  // The newest may wait for its signature.
  expect(await verifySeals(pool, key.publicKey, first!)).toBeNull();
  await seal();
  expect(await verifySeals(pool, key.publicKey, first!)).toMatchObject({ problem: "not_signed" });
  const newest = await signSeals(pool, key.privateKey);
  expect(await signSeals(pool, key.privateKey)).toBeNull();
  for (const known of [first!, newest!]) expect(await verifySeals(pool, key.publicKey, known)).toBeNull();
  expect(await verifySeals(pool, generateKeyPairSync("ed25519").publicKey)).toMatchObject({
    problem: "signature_differs",
  });
  expect(await verifySeals(pool, key.publicKey, { ...newest!, hash: first!.hash })).toEqual({
    seal: newest!.seal,
    problem: "seal_missing",
  });
});

test("what is signed is kept elsewhere, by either script, and nothing more where the last of that is not there", async () => {
  const home = mkdtempSync(join(tmpdir(), "solitude-seals-"));
  const keyFile = join(home, "seals.pem");
  writeFileSync(keyFile, key.privateKey.export({ type: "pkcs8", format: "pem" }));
  const maintenance = createPool({ connectionString: database.urlAs(MAINTENANCE), max: 2 });
  const { hostname, port, pathname } = new URL(database.urlAs(MAINTENANCE));
  const environment = { PGHOST: hostname, PGPORT: port, PGUSER: MAINTENANCE, PGDATABASE: pathname.slice(1) };
  const inShell = async (folder: string): Promise<void> => {
    const run = spawnSync("sh", [join(STACK, "sign-seals.sh"), keyFile, folder], {
      encoding: "utf8",
      env: { ...process.env, ...environment },
    });
    if (run.status !== 0) throw new Error(run.stderr);
  };
  const ways: [name: string, keep: (folder: string) => Promise<unknown>][] = [
    ["node", (folder) => keepSeals(maintenance, key.privateKey, folder)],
  ];
  const missing = ["psql", "openssl"].filter((program) => spawnSync(program, ["--version"]).error);
  if (missing.length > 0) console.warn(`not tested: sign-seals.sh, which needs ${missing.join(" and ")}`);
  else ways.push(["shell", inShell]);
  const kept = (name: string): string => readFileSync(join(home, name, "seals.txt"), "utf8");
  try {
    for (const [name, keep] of [...ways, ...ways]) {
      await seal();
      await keep(join(home, name));
    }
    for (const [name, keep] of ways) {
      await keep(join(home, name));
      expect([name, kept(name)]).toEqual([name, kept("node")]);
      expect(readFileSync(join(home, name, "seals.pub"), "utf8")).toBe(
        key.publicKey.export({ type: "spki", format: "pem" }),
      );
    }
    const lines = kept("node").trimEnd().split("\n");
    const { rows } = await database.pool.query(
      "select seal, encode(hash, 'hex') as hash, encode(signature, 'base64') as signature, signed_by from audit_seals order by seal",
    );
    expect(lines).toEqual(
      rows.map((r) => `${r.seal} ${r.hash} ${r.signature.replaceAll("\n", "")} ${r.signed_by}`),
    );
    expect(await verifySeals(maintenance, key.publicKey, rows.at(-1))).toBeNull();

    // As after a backup was restored, or in the hands of whoever may do anything.
    await seal();
    const last = rows.at(-1);
    await behindTheTriggers(`update audit_seals set hash = sha256('x') where seal = ${last.seal}`);
    for (const [name, keep] of ways) {
      await expect(keep(join(home, name))).rejects.toThrow(`seal ${last.seal} of`);
      expect([name, kept(name)]).toEqual([name, `${lines.join("\n")}\n`]);
    }
    await behindTheTriggers(
      `update audit_seals set hash = decode('${last.hash}', 'hex') where seal = ${last.seal}`,
    );
    for (const [name, keep] of ways) {
      await keep(join(home, name));
      expect(kept(name).trimEnd().split("\n")).toHaveLength(lines.length + 1);
    }
  } finally {
    await maintenance.close();
    rmSync(home, { recursive: true });
  }
});

test("its command signs and verifies with keys in files", async () => {
  await seal();
  const folder = mkdtempSync(join(tmpdir(), "solitude-seals-"));
  try {
    const files = { private: join(folder, "seals.pem"), public: join(folder, "seals.pub") };
    writeFileSync(files.private, key.privateKey.export({ type: "pkcs8", format: "pem" }));
    const script = join(STACK, "seals.mjs");
    execFileSync(process.execPath, [script, "sign", database.urlAs(LOGIN), files.private, folder]);
    expect(readFileSync(files.public, "utf8")).toBe(key.publicKey.export({ type: "spki", format: "pem" }));
    const verify = () =>
      spawnSync(
        process.execPath,
        [script, "verify", database.urlAs(LOGIN), files.public, join(folder, "seals.txt")],
        { encoding: "utf8" },
      );
    expect(verify()).toMatchObject({ status: 0, stdout: "all seals are right\n" });
    // The trail of a workspace vanishes as a whole, with what was written down of it.
    await behindTheTriggers(
      "delete from audit_checkpoints c where c.seal = (select max(s.seal) from audit_seals s)",
    );
    expect(verify()).toMatchObject({ status: 1, stdout: expect.stringContaining("checkpoints_differ") });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
