-- name: ListAgents :many
select * from agents;

-- name: ListSettings :many
select * from settings;

-- name: InJson :many
select to_jsonb(a) as whole, json_build_object('conf', a.conf, 'maybe', a.maybe, 'plain', a.plain) as built, json_agg(a.conf) over () as all_of, to_jsonb(a.conf) as itself, coalesce(a.conf, '{}') as either, a.conf || '{}' as more from agents a;

-- name: Gathered :many
select array_agg(a.conf) as all_of, array(select b.conf from agents b where b.id < a.id) as before, array[a.conf, null] as listed,
  array[a.conf, a.known] as mixed, (select b.maybe from agents b where b.id = a.id) as one, array_agg(a.plain) as plains,
  jsonb_build_object('first', (select b.conf from agents b order by b.id limit 1), 'all', array_agg(a.conf)) as built
from agents a group by a.id;

-- name: ThroughView :one
delete from settings where id = @id returning *;
