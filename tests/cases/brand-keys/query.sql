-- name: GetUser :one
select * from users where id = @id;

-- name: ListJobs :many
select j.*, s.job_id as again, s.position, coalesce(j.owner_id, u.id) as someone, j.owner_id::text as text from jobs j left join steps s on (s.tenant_id, s.job_id) = (j.tenant_id, j.id) left join users u on u.id = j.owner_id where j.tenant_id = @tenant_id and j.id = any (@ids);

-- name: Views :many
select id, who, text from owned where who = @who;

-- name: InJson :many
select json_build_object('user', u.id, 'inviter', u.inviter_id, 'jobs', (select json_agg(json_build_object('id', j.id, 'tenant', j.tenant_id, 'owner', j.owner_id)) from jobs j where j.owner_id = u.id), 'text', u.id::text) as it, row_to_json(u) as row from users u;

-- name: AddUserId :one
insert into user_ids (user_id) values ($1) returning *;

-- name: AddEvents :copyfrom
insert into events (id, at) values ($1, $2);

-- name: MoveSteps :exec
update steps set note = @note where tenant_id = @tenant_id and job_id = @job_id;

-- name: Doubles :many
select d.both_id, d.id, e.user_id, e.id as event_id, p.user_id as profile, v.device_id from doubles d, events_all e, profiles p, devices v;

-- name: Before :many
select id from users where id < @before_id or id in (sqlc.slice('ids')) or name like @name;

-- name: Offers :many
select o.plan_id, o.version_id, o.former_ids, v.plan_id as plan_of_version, coalesce(o.plan_id, v.plan_id) as some_plan
from offers o join plan_versions v on v.tenant_id = o.tenant_id and v.id = o.version_id
where o.former_ids && @former_ids;
