import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import * as t from "drizzle-orm/pg-core";
import pg from "pg";

const agents = t.pgTable("agents", {
  id: t.uuid("id").primaryKey().defaultRandom(),
  workspaceId: t.uuid("workspace_id").notNull(),
  slug: t.text("slug").notNull(),
  name: t.text("name").notNull(),
  description: t.text("description"),
  status: t.text("status").notNull(),
  version: t.integer("version").notNull(),
  price: t.numeric("price", { precision: 12, scale: 2 }).notNull(),
  sizeBytes: t.bigint("size_bytes", { mode: "bigint" }).notNull(),
  rating: t.doublePrecision("rating"),
  isPublic: t.boolean("is_public").notNull(),
  labels: t.jsonb("labels").notNull(),
  createdAt: t.timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
});
const auditLogs = t.pgTable("audit_logs", {
  workspaceId: t.uuid("workspace_id").notNull(),
  seq: t.bigint("seq", { mode: "bigint" }).notNull(),
  actorId: t.uuid("actor_id"),
  action: t.text("action").notNull(),
  target: t.text("target"),
  details: t.jsonb("details").notNull(),
  occurredAt: t.timestamp("occurred_at", { withTimezone: true }).notNull(),
});

/** With its prepared statements, which is how it is fastest. */
export async function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const db = drizzle(pool);
  const { placeholder } = sql;
  const get = (on) =>
    on
      .select()
      .from(agents)
      .where(eq(agents.id, placeholder("id")))
      .prepare("d_get");
  const rename = (on) =>
    on
      .update(agents)
      .set({ name: sql`${placeholder("name")}`, version: sql`version + 1` })
      .where(eq(agents.id, placeholder("id")))
      .prepare("d_rename");
  const getOne = get(db);
  const list = db.select().from(agents).orderBy(agents.id).limit(placeholder("n")).prepare("d_list");
  return {
    name: "drizzle, prepared",
    one: async (id) => (await getOne.execute({ id }))[0],
    many: (n) => list.execute({ n }),
    insert: async (a) =>
      (
        await db
          .insert(agents)
          .values({ ...a, sizeBytes: BigInt(a.sizeBytes) })
          .returning()
      )[0],
    /** One by one: it has no batch for `pg`. */
    async batch(ids, name) {
      const client = await pool.connect();
      const renameOne = rename(drizzle(client));
      for (const id of ids) await renameOne.execute({ id, name });
      client.release();
    },
    transaction: (id, name, log) =>
      db.transaction(async (tx) => {
        await tx.select().from(agents).where(eq(agents.id, id));
        await tx.update(agents).set({ name, version: sql`version + 1` }).where(eq(agents.id, id));
        await tx.insert(auditLogs).values({ ...log, seq: BigInt(log.seq) });
      }),
    close: () => pool.end(),
  };
}
