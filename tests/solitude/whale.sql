-- Many times more of what grows in the tenant $WORKSPACE than in any other, by the people and agents that it has already.
-- Triggers rest: it is their outcome that is written.

set local session_replication_role = replica;

insert into users (id, email, status, email_verified_at, created_at)
select uuid_v7(), 'crowd' || i || '@example.com', 'active', now(), now() - i * interval '1 minute' from generate_series(1, 4000) i;
insert into user_profiles (user_id, display_name) select u.id, 'Crowd ' || u.email from users u where u.email like 'crowd%';
insert into sessions (user_id, token_hash, expires_at)
select u.id, text_sha256(u.email), now() + interval '1 day' from users u where u.email like 'crowd%';
insert into workspace_members (workspace_id, user_id, role)
select '$WORKSPACE', u.id, 'viewer' from users u where u.email like 'crowd%' order by u.email limit 1000;
insert into jobs (workspace_id, agent_version_id, status, task_queue, requested_by, created_at, started_at, finished_at, run_after)
select j.workspace_id, j.agent_version_id, case when i % 10 = 0 then 'failed' else 'succeeded' end::job_status, j.task_queue,
  j.requested_by, t, t, t + interval '1 minute', t
from jobs j, generate_series(1, 15000) i, lateral (select now() - i * interval '3 minutes' as t) at
where j.workspace_id = '$WORKSPACE' and j.locked_until < now();
insert into job_usage (workspace_id, job_id, kind, model, quantity, cost_micros, recorded_at)
select workspace_id, id, 'input_tokens', 'm', 10, 5, finished_at
from jobs where workspace_id = '$WORKSPACE' and finished_at is not null;
insert into files (workspace_id, bucket, object_key, name, size_bytes, sha256, status, created_at)
select '$WORKSPACE', 'b', 'big/' || i, 'file' || i || '.csv', 1000, text_sha256('big' || i), 'stored', now() - i * interval '1 minute'
from generate_series(1, 10000) i;
insert into audit_logs (
  workspace_id, seq, occurred_at, actor_kind, action, target_kind, target_id, previous_hash, hash
)
select '$WORKSPACE', i + 1, now() - (20001 - i) * interval '1 minute', 'system', 'job.started', 'job', (i % 500)::text,
  text_sha256((i - 1)::text), text_sha256(i::text)
from generate_series(1, 20000) i;
update audit_chain_heads set last_seq = 20001, last_hash = text_sha256('20000') where workspace_id = '$WORKSPACE';
insert into listings (
  publisher_workspace_id, agent_id, agent_version_id, category_id, slug, title, summary, status, published_at, created_by, document
)
select publisher_workspace_id, gen_random_uuid(), gen_random_uuid(), category_id, slug || i, 'Offer ' || i, 'It helps', 'published', now() - i * interval '1 minute',
  created_by, to_tsvector('simple', 'offer ' || i)
from listings, generate_series(1, 3000) i where publisher_workspace_id = '$WORKSPACE';
insert into workspace_usage_changes (workspace_id, day)
select distinct workspace_id, (recorded_at at time zone 'UTC')::date from job_usage where workspace_id = '$WORKSPACE';
insert into workspace_storage_changes (workspace_id, extension, file_count, stored_bytes)
select workspace_id, extension, count(*), sum(size_bytes) from files where name like 'file%' and workspace_id = '$WORKSPACE' group by 1, 2;
