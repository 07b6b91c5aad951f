-- name: GetAgent :one
select * from agents where id = $1;

-- name: ListAgents :many
select * from agents order by id limit $1;

-- name: CreateAgent :one
insert into agents (workspace_id, slug, name, description, status, version, price, size_bytes, rating, is_public, labels)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
returning *;

-- name: RenameAgent :execrows
update agents set name = $2, version = version + 1 where id = $1;

-- name: RenameAgents :batchexec
update agents set name = $2, version = version + 1 where id = $1;

-- name: AppendAuditLog :exec
insert into audit_logs (workspace_id, seq, actor_id, action, target, details, occurred_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: AppendAuditLogs :copyfrom
insert into audit_logs (workspace_id, seq, actor_id, action, target, details, occurred_at)
values ($1, $2, $3, $4, $5, $6, $7);
