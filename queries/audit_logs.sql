-- name: AppendAuditLog :one
-- Place, time and hashes are the database's to give. Run it last in a transaction: it holds the workspace's
-- chain until the transaction ends. What belongs to no workspace goes under the nil UUID.
insert into audit_logs (
  workspace_id, actor_kind, actor_id, action, target_kind, target_id, details, ip_address, request_id
)
values (
  @workspace_id, @actor_kind, sqlc.narg(actor_id), @action, @target_kind, sqlc.narg(target_id),
  coalesce(sqlc.narg(details)::jsonb, '{}'), sqlc.narg(ip_address), sqlc.narg(request_id)
)
returning seq, occurred_at, hash;

-- name: AppendAuditLogs :copyfrom
-- Many entries in one go, for imports and other work in bulk.
insert into audit_logs (workspace_id, actor_kind, actor_id, action, target_kind, target_id, details)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: GetAuditLog :one
-- solitude-gen-ignore one-may-return-many the identity column counts over all partitions, where no unique index can be on it alone
select * from audit_logs
where workspace_id = @workspace_id and seq = @seq;

-- name: ListAuditLogs :many
-- The trail, newest first, with the names of the people in it. The times let it read only the partitions it
-- needs.
select
  l.seq,
  l.occurred_at,
  l.actor_kind,
  l.actor_id,
  p.display_name as actor_name,
  l.action,
  l.target_kind,
  l.target_id,
  l.details,
  l.ip_address,
  l.request_id
from audit_logs l
left join user_profiles p on l.actor_kind = 'user' and p.user_id = l.actor_id
where l.workspace_id = @workspace_id
  and l.occurred_at >= @from_time
  and l.occurred_at < @to_time
  and (sqlc.narg(actor_id)::uuid is null or l.actor_id = sqlc.narg(actor_id))
  and (sqlc.narg(actions)::text[] is null or l.action = any(sqlc.narg(actions)))
  and (sqlc.narg(before_seq)::bigint is null or l.seq < sqlc.narg(before_seq))
order by l.seq desc
limit @page_size;

-- name: ListAuditLogsOfTarget :many
-- The history of one thing, oldest first.
select l.seq, l.occurred_at, l.actor_kind, l.actor_id, l.action, l.details
from audit_logs l
where l.workspace_id = @workspace_id and l.target_kind = @target_kind and l.target_id = @target_id::text
order by l.seq;

-- name: CountAuditLogsByAction :many
select l.action, count(*) as entries, count(distinct l.actor_id) as actors, max(l.occurred_at) as latest_at
from audit_logs l
where l.workspace_id = @workspace_id and l.occurred_at >= @from_time and l.occurred_at < @to_time
group by l.action
order by entries desc, l.action;

-- name: GetAuditChainHead :one
-- The newest entry of the chain. Kept somewhere else, it proves later that nothing before it was changed.
select last_seq, last_hash, updated_at
from audit_chain_heads
where workspace_id = @workspace_id;

-- name: VerifyAuditChain :one
-- Computes every hash of the workspace's chain again. Always one row: is_intact is false when an entry was
-- altered, removed or put in, and first_problem_seq and first_problem say where and what. Besides the
-- problems that audit_chain_entries explains there is 'head_differs': the last entry is not the one that was
-- written last.
with chain as (
  select
    count(*) as entries,
    count(e.problem) as problems,
    max(e.seq) as last_seq,
    (array_agg(e.hash order by e.seq desc))[1] as last_hash,
    min(e.seq) filter (where e.problem is not null) as first_problem_seq,
    (array_agg(e.problem order by e.seq) filter (where e.problem is not null))[1] as first_problem
  from audit_chain_entries e
  where e.workspace_id = @workspace_id
), verdict as (
  select c.*, (c.last_seq, c.last_hash) is distinct from (h.last_seq, h.last_hash) as head_differs
  from chain c
  left join audit_chain_heads h on h.workspace_id = @workspace_id
)
select
  entries,
  problems,
  problems = 0 and not head_differs as is_intact,
  coalesce(first_problem_seq, case when head_differs then coalesce(last_seq, 0) end) as first_problem_seq,
  coalesce(first_problem, case when head_differs then 'head_differs' end) as first_problem
from verdict;

-- name: ListAuditChainProblems :many
-- Every entry that VerifyAuditChain objects to.
select seq, occurred_at, problem::text as problem
from audit_chain_entries
where workspace_id = @workspace_id and problem is not null
order by seq;
