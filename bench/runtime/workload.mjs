import { randomUUID } from "node:crypto";

/** What every client is asked to do, and with what. The same for all of them. */

export const WORKSPACE = "6f0c1d5e-7f35-4a1e-9c58-2d8a3f6f1b0a";
export const STORED = 1000;
export const BATCH = 100;
export const COPIED = 100_000;

export const newAgent = (n) => ({
  workspaceId: WORKSPACE,
  slug: `agent-${n}`,
  name: `Agent number ${n}`,
  description: n % 5 === 0 ? null : "Reads letters, answers the easy ones, and asks about the others.",
  status: n % 2 === 0 ? "published" : "draft",
  version: n % 100,
  price: "19.99",
  sizeBytes: String(n * 4096),
  rating: n % 3 === 0 ? null : 4.5,
  isPublic: n % 2 === 0,
  labels: { team: "post", tags: ["letters", "triage"], weight: n % 10 },
});

export const auditLogs = Array.from({ length: COPIED }, (_, i) => ({
  workspaceId: WORKSPACE,
  seq: String(i),
  actorId: i % 10 === 0 ? null : randomUUID(),
  action: "job.imported",
  target: i % 2 === 0 ? null : `job "${i}"`,
  details: { index: i, text: "imported with\ttabs" },
  occurredAt: new Date(1_700_000_000_000 + i * 1000),
}));

/** @param ids of the stored agents */
export function loop(ids) {
  let at = 0;
  return {
    id: () => ids[at++ % ids.length],
    ids: (n) => Array.from({ length: n }, () => ids[at++ % ids.length]),
  };
}
