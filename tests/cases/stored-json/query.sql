-- name: ListAgents :many
select * from agents;

-- name: ListSettings :many
select * from settings;

-- name: InJson :many
select to_jsonb(a) as whole, json_build_object('conf', a.conf, 'maybe', a.maybe, 'plain', a.plain) as built, json_agg(a.conf) over () as all_of, to_jsonb(a.conf) as itself, coalesce(a.conf, '{}') as either, a.conf || '{}' as more from agents a;
