/**
 * Signs the seals of the audit trail with a key that the database does not have, keeps them outside of it, and checks all of it.
 * `npm run stack` does it by itself, and where there is Docker sign-seals.sh does.
 *
 *   openssl genpkey -algorithm ed25519 -out seals.pem
 *   node stack/seals.mjs sign <url, as a login of solitude_ops> seals.pem <folder>
 *   node stack/seals.mjs verify <url> <folder>/seals.pub [<folder>/seals.txt]
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { listAuditSeals, listAuditSealsStream, signAuditSeal, verifyAuditSeals } from "@solitude/client";
import { createPool } from "@solitude/runtime";

const ALL = { afterSeal: "0", pageSize: "9223372036854775807" };

/** Says by its public half which key it was. */
const nameOf = (key) =>
  `ed25519:${createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url")}`;

/**
 * Signs each seal that is not signed yet.
 *
 * @param {import("@solitude/runtime").Pool} pool as a login of solitude_ops or solitude_worker
 * @param {import("node:crypto").KeyObject} key a private one, of Ed25519
 * @param {string} [afterSeal] up to this one all are signed
 * @returns {Promise<{ seal: string, hash: string } | null>} the newest that was signed
 */
export async function signSeals(pool, key, afterSeal = ALL.afterSeal) {
  const signedBy = nameOf(createPublicKey(key));
  let newest = null;
  for await (const { seal, hash, signature } of listAuditSealsStream(pool, { ...ALL, afterSeal })) {
    if (signature !== null) continue;
    await signAuditSeal(pool, { seal, signature: sign(null, hash, key), signedBy });
    newest = { seal, hash: hash.toString("hex") };
  }
  return newest;
}

/**
 * Gives the last seal of a file that `keepSeals` has written.
 *
 * @param {string} file
 * @returns {{ seal: string, hash: string } | undefined}
 */
function lastKept(file) {
  const [seal, hash] = readFileSync(file, "utf8").trimEnd().split("\n").at(-1).split(" ");
  return hash === undefined ? undefined : { seal, hash };
}

/** Writes a file as a whole or not at all, whatever interrupts. */
function writeWhole(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/**
 * Signs each seal that is not signed yet, and writes what is new to `seals.txt` of a folder: number, hash, signature, and by which key;
 * `seals.pub` there has its public half.
 *
 * @param {import("@solitude/runtime").Pool} pool as a login of solitude_ops or solitude_worker
 * @param {import("node:crypto").KeyObject} key a private one, of Ed25519
 * @param {string} folder
 * @returns {Promise<number>} how many are new
 * @throws where the one that was kept last is not in the database: it was restored to an earlier moment, or somebody has changed it
 */
export async function keepSeals(pool, key, folder) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "seals.txt");
  const last = existsSync(file) ? lastKept(file) : undefined;
  if (last !== undefined) {
    const [there] = await listAuditSeals(pool, { afterSeal: String(BigInt(last.seal) - 1n), pageSize: "1" });
    if (there?.seal !== last.seal || there.hash.toString("hex") !== last.hash)
      throw new Error(
        `seal ${last.seal} of ${file} is not in the database, or is another one there: nothing is signed`,
      );
  }
  writeWhole(join(folder, "seals.pub"), createPublicKey(key).export({ type: "spki", format: "pem" }));
  const afterSeal = last?.seal ?? ALL.afterSeal;
  await signSeals(pool, key, afterSeal);
  const lines = [];
  for await (const { seal, hash, signature, signedBy } of listAuditSealsStream(pool, { ...ALL, afterSeal })) {
    // One that was made meanwhile is the next time's.
    if (signature === null) break;
    lines.push(`${seal} ${hash.toString("hex")} ${signature.toString("base64")} ${signedBy}\n`);
  }
  if (lines.length > 0)
    writeWhole(file, `${last === undefined ? "" : readFileSync(file, "utf8")}${lines.join("")}`);
  return lines.length;
}

/**
 * Computes all seals again, and holds their signatures against the key. The newest may wait for its signature.
 *
 * @param {import("@solitude/runtime").Pool} pool as a login of solitude_ops or solitude_worker
 * @param {import("node:crypto").KeyObject} key the public one
 * @param {{ seal: string, hash: string }} [known] one that was kept elsewhere
 * @returns {Promise<{ seal: string | null, problem: string } | null>} the first problem
 */
export async function verifySeals(pool, key, known) {
  const { firstProblem, firstProblemSeal } = await verifyAuditSeals(pool, {
    knownSeal: known?.seal ?? null,
    knownHash: known === undefined ? null : Buffer.from(known.hash, "hex"),
  });
  if (firstProblem !== null) return { seal: firstProblemSeal, problem: firstProblem };
  let unsigned = null;
  for await (const { seal, hash, signature } of listAuditSealsStream(pool, ALL)) {
    if (unsigned !== null) return { seal: unsigned, problem: "not_signed" };
    if (signature === null) unsigned = seal;
    else if (!verify(null, hash, key, signature)) return { seal, problem: "signature_differs" };
  }
  return null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [what, connectionString, keyFile, kept] = process.argv.slice(2);
  const run = { sign: signing, verify: verifying }[what];
  if (run === undefined || keyFile === undefined || (what === "sign" && kept === undefined)) {
    console.error("usage: node stack/seals.mjs sign <url> <private key> <folder>");
    console.error("       node stack/seals.mjs verify <url> <public key> [<seals.txt>]");
    process.exit(2);
  }
  const pool = createPool({ connectionString, max: 2 });
  try {
    await run(pool, readFileSync(keyFile), kept);
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await pool.close();
  }
}

async function signing(pool, pem, folder) {
  const count = await keepSeals(pool, createPrivateKey(pem), folder);
  console.log(`${count} new in ${join(folder, "seals.txt")}`);
}

async function verifying(pool, pem, kept) {
  const found = await verifySeals(pool, createPublicKey(pem), kept && lastKept(kept));
  console.log(found === null ? "all seals are right" : `seal ${found.seal}: ${found.problem}`);
  if (found !== null) process.exitCode = 1;
}
