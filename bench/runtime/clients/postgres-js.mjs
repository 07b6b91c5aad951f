import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import postgres from "postgres";
import { copyLine } from "./sql.mjs";

export async function open(url) {
  const sql = postgres(url, { max: 4, onnotice() {} });
  return {
    name: "postgres.js",
    one: async (id) => (await sql`select * from agents where id = ${id}`)[0],
    many: (n) => sql`select * from agents order by id limit ${n}`,
    insert: async (a) =>
      (
        await sql`insert into agents
          (workspace_id, slug, name, description, status, version, price, size_bytes, rating, is_public, labels)
          values (${a.workspaceId}, ${a.slug}, ${a.name}, ${a.description}, ${a.status}, ${a.version}, ${a.price},
            ${a.sizeBytes}, ${a.rating}, ${a.isPublic}, ${sql.json(a.labels)}) returning *`
      )[0],
    /** It pipelines what is not awaited. */
    async batch(ids, name) {
      const one = await sql.reserve();
      await Promise.all(
        ids.map((id) => one`update agents set name = ${name}, version = version + 1 where id = ${id}`),
      );
      one.release();
    },
    transaction: (id, name, log) =>
      sql.begin(async (tx) => {
        await tx`select * from agents where id = ${id}`;
        await tx`update agents set name = ${name}, version = version + 1 where id = ${id}`;
        await tx`insert into audit_logs (workspace_id, seq, actor_id, action, target, details, occurred_at)
          values (${log.workspaceId}, ${log.seq}, ${log.actorId}, ${log.action}, ${log.target},
            ${sql.json(log.details)}, ${log.occurredAt})`;
      }),
    async copy(logs) {
      const to =
        await sql`copy audit_logs (workspace_id, seq, actor_id, action, target, details, occurred_at) from stdin`.writable();
      function* lines() {
        for (const log of logs) yield copyLine(log);
      }
      await pipeline(Readable.from(lines()), to);
    },
    close: () => sql.end(),
  };
}
