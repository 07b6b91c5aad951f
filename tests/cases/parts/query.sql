-- name: ElementsOfRows :many
select u.x, u.y, u.label from unnest(array(select s.at from shape s)) u;

-- name: ElementsOfWholeRows :many
select u.id, u.name, u.price from unnest(array(select s from shape s)) u;

-- name: ElementsOfStored :many
select u.x, u.label from shape s, unnest(s.corners) u;

-- name: ElementsOfAggregate :many
select u.nick, u.id from (select array_agg(o) as rows from owner o group by shape_id) t, unnest(t.rows) u;

-- name: Attributes :many
select (at).x, (row (id, null, 'k')::point3).y as none, (row (id, 2, 'k')::point3).label as known from shape;

-- name: Matrices :many
select array[[1, 2], [3, 4]] as literal, array_agg(tags) as aggregated, array(select s.tags from shape s where s.id > 1) as selected, array[tags, tags] as pairs
from shape where id in (1, 3) group by tags;

-- name: Cubes :one
select array[array[[1], [2]], array[[3], [4]]] as cube, array[[1, null]] as with_null;

-- name: Boxes :many
select spots, area from shape;

-- name: JsonNulls :one
select array_agg(conf) as confs, array(select s.conf from shape s) as listed from shape;

-- name: StoredJsonNulls :many
select confs from shape;

-- name: NotNullDomain :many
select name, coalesce(name, 'none')::named as cast_name from shape;

-- name: NotNullDomainInJson :many
select to_jsonb(s) as whole, json_build_object('name', name) as built from shape s;

-- name: UnnestedParameter :many
select u.id from unnest(@ids::int[]) as u (id) join shape s on s.id = u.id;

-- name: Without :many
select array_remove(tags, null) as present, array_remove(tags, 'a') as others from shape;
