-- name: AppendAuditLog :one
-- Place, time and hashes are the database's to give, and who did it is the scope's (`actor`); nobody did what the system does. Run it last
-- in a transaction: it holds the workspace's chain until the transaction ends. What belongs to no workspace goes under the nil UUID.
insert into audit_logs (
  workspace_id, actor_kind, action, target_kind, target_id, details, ip_address, request_id
)
values (
  @workspace_id, @actor_kind, @action, @target_kind, sqlc.narg(target_id),
  coalesce(sqlc.narg(details)::jsonb, '{}'), sqlc.narg(ip_address), sqlc.narg(request_id)
)
returning seq, occurred_at, hash;

-- name: AppendAuditLogs :copyfrom
-- Many entries in one go, for imports and other work in bulk, by whom the scope acts for or by the system.
insert into audit_logs (workspace_id, actor_kind, actor_id, action, target_kind, target_id, details)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: GetAuditLog :one
-- The entry at a place of the chain.
-- solitude-gen-ignore one-may-return-many places are given under the head's lock, and no unique index of a partitioned table can be on them alone
select workspace_id, seq, occurred_at, actor_kind, actor_id, action, target_kind, target_id, details, ip_address, request_id,
  previous_hash, hash
from audit_logs
where workspace_id = @workspace_id and seq = @seq;

-- name: ListAuditLogs :many
-- The trail, newest first, with the names of the people in it. The times let it read only the partitions it
-- needs.
-- @optional actor_id, actions
-- @keyset
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
  and l.actor_id = @actor_id
  and l.action = any(@actions::text[])
order by l.seq desc, l.occurred_at desc
limit @page_size;

-- name: ListAuditLogsOfTarget :many
-- The history of one thing, oldest first.
select l.seq, l.occurred_at, l.actor_kind, l.actor_id, l.action, l.details
from audit_logs l
where l.workspace_id = @workspace_id and l.target_kind = @target_kind and l.target_id = @target_id::text
order by l.seq
limit 1000;

-- name: CountAuditLogsByAction :many
-- How often each thing was done in a period, and by how many.
select l.action, count(*) as entries, count(distinct l.actor_id) as actors, max(l.occurred_at) as latest_at
from audit_logs l
where l.workspace_id = @workspace_id and l.occurred_at >= @from_time and l.occurred_at < @to_time
group by l.action
order by entries desc, l.action
limit 1000;

-- name: GetAuditChainHead :one
-- The newest entry of the chain. Kept somewhere else, it proves later that nothing before it was changed.
select last_seq, last_hash, updated_at
from audit_chain_heads
where workspace_id = @workspace_id and lane = 0;

-- name: ListAuditChainHeads :many
-- The heads of all chains that have grown since a time, to keep somewhere else.
-- solitude-gen-ignore filter-without-index an index of the time would be written with each entry of the trail
-- @role solitude_worker
select workspace_id, lane, last_seq, last_hash, updated_at
from audit_chain_heads
where updated_at >= @since
order by workspace_id, lane
limit 100000;

-- name: SealAuditTrail :one
-- Writes down where every chain is, and seals that. Sign the seal's hash with a key that the database does not have.
-- @role solitude_worker
select seal_audit_trail() as seal;

-- name: ListAuditSeals :many
-- The seals after one of them, oldest first; each has the hash of the one before it.
-- @role solitude_worker
select seal, sealed_at, checkpoint_count, previous_hash, hash, signature, signed_by
from audit_seals
where seal > @after_seal
order by seal
limit @page_size;

-- name: SignAuditSeal :execrows
-- Stores the signature of a seal, once.
-- @role solitude_worker
update audit_seals
set signature = @signature, signed_by = @signed_by
where seal = @seal and signature is null;

-- name: ListAuditCheckpoints :many
-- What is written down of a workspace's chain elsewhere than in it, newest first.
select first_seq, last_seq, previous_hash, last_hash, sealed_at, seal, detached_from, exported_to
from audit_checkpoints
where workspace_id = @workspace_id
order by last_seq desc
limit @page_size;

-- name: VerifyAuditSeals :one
-- Computes every seal again from the checkpoints that it is over. first_problem is null when all are right, and the seal that was kept
-- elsewhere is one of them: 'link_broken', 'checkpoints_differ' or 'seal_missing' otherwise.
-- @role solitude_worker
select coalesce(v.seals, 0) as seals, v.first_problem_seal, v.first_problem
from verify_audit_seals(sqlc.narg(known_seal)::bigint, sqlc.narg(known_hash)::bytea) v;

-- name: VerifyAuditChainAfter :one
-- Computes the hashes after a checkpoint again, in the memory of one entry, to the head of its chain: of what belongs to no workspace, that
-- of the checkpoint's lane. first_problem is null when all are right; its problems are those of VerifyAuditChain.
select coalesce(v.entries, 0) as entries, v.first_problem_seq, v.first_problem
from verify_audit_chain(@workspace_id, @after_seq, @after_hash) v;

-- name: VerifyAuditChain :one
-- Computes every hash of the workspace's chain again, in the memory of one entry. Always one row: is_intact is false when an entry was
-- altered, removed or put in, and first_problem_seq and first_problem say where and what. Besides the
-- problems that audit_chain_entries explains there are 'trail_missing': an entry is not there that a checkpoint tells of,
-- and 'head_differs': the last entry is not the one that was written last. Months that were detached are passed over.
select coalesce(v.entries, 0) as entries, coalesce(v.problems, 0) as problems, v.first_problem is null as is_intact, v.first_problem_seq, v.first_problem
from verify_audit_trail(@workspace_id, null, null) v;

-- name: ListAuditChainProblems :many
-- Every entry that VerifyAuditChain objects to.
select seq, occurred_at, problem::text as problem
from audit_chain_entries
where workspace_id = @workspace_id and problem is not null
order by seq
limit 1000;
