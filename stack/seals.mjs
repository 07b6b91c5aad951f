/**
 * Signs the seals of the audit trail with a key that the database does not have, and checks all of it. Keep what `sign` prints elsewhere, too.
 *
 *   openssl genpkey -algorithm ed25519 -out seals.pem && openssl pkey -in seals.pem -pubout -out seals.pub
 *   node stack/seals.mjs sign <url, as a login of solitude_worker> seals.pem
 *   node stack/seals.mjs verify <url> seals.pub [<seal> <its hash>]
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { listAuditSealsStream, signAuditSeal, verifyAuditSeals } from "@solitude/client";
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
 * @param {import("@solitude/runtime").Pool} pool as a login of solitude_worker
 * @param {import("node:crypto").KeyObject} key a private one, of Ed25519
 * @returns {Promise<{ seal: string, hash: string } | null>} the newest that was signed, to be kept elsewhere
 */
export async function signSeals(pool, key) {
  const signedBy = nameOf(createPublicKey(key));
  let newest = null;
  for await (const { seal, hash, signature } of listAuditSealsStream(pool, ALL)) {
    if (signature !== null) continue;
    await signAuditSeal(pool, { seal, signature: sign(null, hash, key), signedBy });
    newest = { seal, hash: hash.toString("hex") };
  }
  return newest;
}

/**
 * Computes all seals again, and holds their signatures against the key. The newest may wait for its signature.
 *
 * @param {import("@solitude/runtime").Pool} pool as a login of solitude_worker
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
  const [what, connectionString, file, seal, hash] = process.argv.slice(2);
  const run = { sign: signing, verify: verifying }[what];
  if (run === undefined || file === undefined) {
    console.error("usage: node stack/seals.mjs sign|verify <url> <key file> [<seal> <its hash>]");
    process.exit(2);
  }
  const pool = createPool({ connectionString, max: 2 });
  try {
    await run(pool, readFileSync(file), seal === undefined ? undefined : { seal, hash });
  } finally {
    await pool.close();
  }
}

async function signing(pool, pem) {
  const newest = await signSeals(pool, createPrivateKey(pem));
  console.log(newest === null ? "all seals are signed" : `${newest.seal} ${newest.hash}`);
}

async function verifying(pool, pem, known) {
  const found = await verifySeals(pool, createPublicKey(pem), known);
  console.log(found === null ? "all seals are right" : `seal ${found.seal}: ${found.problem}`);
  if (found !== null) process.exitCode = 1;
}
