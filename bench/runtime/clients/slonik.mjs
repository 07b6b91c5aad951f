import { createPool, sql } from "slonik";

export async function open(url) {
  const pool = await createPool(url, { maximumPoolSize: 4 });
  const rename = (id, name) =>
    sql.unsafe`update agents set name = ${name}, version = version + 1 where id = ${id}`;
  return {
    name: "slonik",
    one: (id) => pool.maybeOne(sql.unsafe`select * from agents where id = ${id}`),
    many: (n) => pool.any(sql.unsafe`select * from agents order by id limit ${n}`),
    insert: (a) =>
      pool.one(sql.unsafe`insert into agents
        (workspace_id, slug, name, description, status, version, price, size_bytes, rating, is_public, labels)
        values (${a.workspaceId}, ${a.slug}, ${a.name}, ${a.description}, ${a.status}, ${a.version}, ${a.price},
          ${a.sizeBytes}, ${a.rating}, ${a.isPublic}, ${sql.jsonb(a.labels)}) returning *`),
    /** One by one: it has no batch. */
    batch: (ids, name) =>
      pool.connect(async (connection) => {
        for (const id of ids) await connection.query(rename(id, name));
      }),
    transaction: (id, name, log) =>
      pool.transaction(async (tx) => {
        await tx.maybeOne(sql.unsafe`select * from agents where id = ${id}`);
        await tx.query(rename(id, name));
        await tx.query(sql.unsafe`insert into audit_logs
          (workspace_id, seq, actor_id, action, target, details, occurred_at)
          values (${log.workspaceId}, ${log.seq}, ${log.actorId}, ${log.action}, ${log.target},
            ${sql.jsonb(log.details)}, ${sql.timestamp(log.occurredAt)})`);
      }),
    close: () => pool.end(),
  };
}
