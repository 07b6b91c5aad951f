-- name: WithVersions :many
select a.id, array(select v from version v where v.agent_id = a.id order by v.id) as versions, array(select r from review r where r.agent_id = a.id order by r.n limit 5) as reviews from agent a order by a.id;

-- name: Page :one
select sqlc.embed(a), array(select v from version v where v.agent_id = a.id order by v.id desc) as versions from agent a where a.id = @id;

-- name: Aggregated :many
select w.id, array_agg(a order by a.id) as agents, array_agg(v order by v.id) filter (where v.id is not null) as versions, array_agg(v) as maybe
from workspace w join agent a on a.workspace_id = w.id left join version v on v.agent_id = a.id group by w.id order by w.id;

-- name: AggregatedAll :one
select array_agg(v) as versions, coalesce(array_agg(v), '{}') as some from version v;

-- name: WholeRows :many
select a, w as workspace, (select v from version v where v.agent_id = a.id limit 1) as version from agent a left join workspace w on w.id = a.workspace_id and w.tier = 'paid' order by a.id;

-- name: Columns :many
select array(select s from (select v.id, upper(v.label) as loud, v.notes, v.kind from version v order by v.id) s) as some, array(select (v.id, v.notes) from version v order by v.id) as pairs, row (a.id, a.price, a.tags, null, 'x') as mixed from agent a;

-- name: Composites :many
select row (a.id, 2, a.blurb)::place as p, a.at, array[row (a.id, null, 'k')::place] as ps, array(select b.at from agent b order by b.id) as all_at, case when a.id = 1 then row (1, 2, 'x')::place else a.at end as either from agent a;

-- name: Deep :many
select s from (select a, array(select r from review r where r.agent_id = a.id order by r.n) as reviews, w from agent a join workspace w on w.id = a.workspace_id) s;

-- name: DeepEmbed :many
select sqlc.embed(s), s.n from (select a, array(select r from review r where r.agent_id = a.id order by r.n) as reviews, w as workspace, a.id as n from agent a join workspace w on w.id = a.workspace_id) s;

-- name: OfView :many
select v, array(select s from shelf s order by s.id) as shelf from shelf v;

-- name: InJson :many
select a.id, row (a.id, a.price)::text as t, to_json(a) as a, json_build_object('versions', array(select v from version v where v.agent_id = a.id order by v.id), 'p', row (a.id, a.big, a.blurb)) as j, array(select to_jsonb(v) from version v) as vs from agent a;

-- name: Added :one
insert into version (id, agent_id, label, notes, kind) values (@id, 1, @label, @notes, 'beta') returning version, array(select r from review r where r.agent_id = version.agent_id) as reviews;

-- name: AddedMany :batchmany
update review set body = @body where agent_id = @agent_id returning review;

-- name: Adapting :many
-- @optional body, tier
select w.id, array(select r from review r join agent a on a.id = r.agent_id where a.workspace_id = w.id) as reviews, r as one from workspace w left join lateral (select * from review where body = @body limit 1) r on true where w.tier = @tier;

-- name: Either :many
select case when a.id = 1 then row (1, 'a') else row (2, null) end as same, case when a.id = 1 then row (1) else row ('a') end as other, to_json(case when a.id = 1 then row (1) else row ('a') end) as j from agent a;
