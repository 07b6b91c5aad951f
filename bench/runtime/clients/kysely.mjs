import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";

const columns = (a) => ({
  workspace_id: a.workspaceId,
  slug: a.slug,
  name: a.name,
  description: a.description,
  status: a.status,
  version: a.version,
  price: a.price,
  size_bytes: a.sizeBytes,
  rating: a.rating,
  is_public: a.isPublic,
  labels: JSON.stringify(a.labels),
});

export async function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  const rename = (on, id, name) =>
    on.updateTable("agents").set({ name, version: sql`version + 1` }).where("id", "=", id).execute();
  return {
    name: "kysely",
    one: (id) => db.selectFrom("agents").selectAll().where("id", "=", id).executeTakeFirst(),
    many: (n) => db.selectFrom("agents").selectAll().orderBy("id").limit(n).execute(),
    insert: (a) => db.insertInto("agents").values(columns(a)).returningAll().executeTakeFirst(),
    /** One by one: it has no batch. */
    batch: (ids, name) =>
      db.connection().execute(async (one) => {
        for (const id of ids) await rename(one, id, name);
      }),
    transaction: (id, name, log) =>
      db.transaction().execute(async (tx) => {
        await tx.selectFrom("agents").selectAll().where("id", "=", id).executeTakeFirst();
        await rename(tx, id, name);
        await tx
          .insertInto("audit_logs")
          .values({
            workspace_id: log.workspaceId,
            seq: log.seq,
            actor_id: log.actorId,
            action: log.action,
            target: log.target,
            details: JSON.stringify(log.details),
            occurred_at: log.occurredAt,
          })
          .execute();
      }),
    close: () => db.destroy(),
  };
}
