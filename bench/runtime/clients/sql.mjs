/** The statements for clients that take SQL. */
export const GET = "select * from agents where id = $1";
export const LIST = "select * from agents order by id limit $1";
export const CREATE = `insert into agents
  (workspace_id, slug, name, description, status, version, price, size_bytes, rating, is_public, labels)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning *`;
export const RENAME = "update agents set name = $2, version = version + 1 where id = $1";
export const APPEND = `insert into audit_logs (workspace_id, seq, actor_id, action, target, details, occurred_at)
  values ($1, $2, $3, $4, $5, $6, $7)`;
export const COPY =
  "copy audit_logs (workspace_id, seq, actor_id, action, target, details, occurred_at) from stdin";

export const agentValues = (a) => [
  a.workspaceId,
  a.slug,
  a.name,
  a.description,
  a.status,
  a.version,
  a.price,
  a.sizeBytes,
  a.rating,
  a.isPublic,
  a.labels,
];
export const logValues = (l) => [
  l.workspaceId,
  l.seq,
  l.actorId,
  l.action,
  l.target,
  l.details,
  l.occurredAt,
];

/** A line of COPY's text format, as somebody in a hurry writes it. */
export function copyLine(l) {
  const fields = logValues(l).map((v) => {
    if (v === null) return "\\N";
    const text = v instanceof Date ? v.toISOString() : typeof v === "object" ? JSON.stringify(v) : String(v);
    return text.replace(/[\\\t\n\r]/g, (c) => ({ "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" })[c]);
  });
  return `${fields.join("\t")}\n`;
}
