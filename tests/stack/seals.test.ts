import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPool, type Pool } from "@solitude/runtime";
import { signSeals, verifySeals } from "../../stack/seals.mjs";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";

// Seals are signed with a key that the database does not have, as the worker, who may do nothing else to them.

const LOGIN = `solitude_sealer_${randomBytes(4).toString("hex")}`;
const key = generateKeyPairSync("ed25519");
let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await database.pool.query(`create role ${LOGIN} login in role solitude_worker`);
  pool = createPool({ connectionString: database.urlAs(LOGIN), max: 2 });
});
afterAll(async () => {
  await pool?.close();
  await database?.pool.query(`drop role ${LOGIN}`);
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

test("its command signs and verifies with keys in files", async () => {
  await seal();
  const folder = mkdtempSync(join(tmpdir(), "solitude-seals-"));
  try {
    const files = { private: join(folder, "seals.pem"), public: join(folder, "seals.pub") };
    writeFileSync(files.private, key.privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(files.public, key.publicKey.export({ type: "spki", format: "pem" }));
    const script = fileURLToPath(new URL("../../stack/seals.mjs", import.meta.url));
    const signed = execFileSync(process.execPath, [script, "sign", database.urlAs(LOGIN), files.private], {
      encoding: "utf8",
    });
    const verify = () =>
      spawnSync(
        process.execPath,
        [script, "verify", database.urlAs(LOGIN), files.public, ...signed.trim().split(" ")],
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
