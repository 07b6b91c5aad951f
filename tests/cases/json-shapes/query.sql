-- name: Tree :many
select a.id, (select json_agg(json_build_object('id', b.id, 'v', b.v, 'deep', json_build_array(1, 'x')) order by b.id) from b where b.a_id = a.id) as bs from a;

-- name: Aggregated :many
select a.id, coalesce(jsonb_agg(b) filter (where b.id is not null), '[]') as bs, json_agg(b.v) as vs, jsonb_agg(to_jsonb(b)) as os from a left join b on b.a_id = a.id group by a.id;

-- name: Objects :many
select to_jsonb(a) as whole, row_to_json(a) as again, json_build_object('id', id, 'a-b', n, 'm', m, 'at', at, 'doc', doc, 'tags', tags, 'big', big, 'f', f, 'nested', jsonb_build_object('x', name)) as built, json_build_object('id', 1, 'id', 'twice') as dup, jsonb_build_object() as empty, json_build_array(id, name) as list from a;

-- name: Subqueries :one
select (select jsonb_build_object('a', (select json_agg(a.name) from a), 'b', (select to_jsonb(b) from b limit 1), 'c', (select count(*) from b))) as stats, (select row_to_json(x) from (select a.id, a.name as "the name", b.v from a left join b on b.a_id = a.id limit 1) x) as first;

-- name: Dynamic :many
select json_object_agg(name, id) as by_name, jsonb_object_agg(id, doc) as docs, json_build_object(name, 1) as keyed from a group by name;

-- name: Standard :many
select json_object('id': id, 'n': n) as o, json_array(id, n) as l, json_arrayagg(id) over () as agg from a;

-- name: Guarded :many
select b.id, case when a.id is not null then jsonb_build_object('id', a.id, 'name', a.name) end as a, case when a.id is null then null else json_build_object('n', a.n) end as again, case when a.n > 1 then to_jsonb(a) else to_jsonb(b) end as either from b left join a on a.id = b.a_id and a.n > 1;

-- name: Renamed :many
select to_jsonb(x) as a, (select json_agg(y) from (select id, v from b) y(p)) as bs from a as x(i, title);

-- name: Untold :many
select to_jsonb(array_agg(p)) as pairs, jsonb_build_object('all', array_agg(p)) as within, to_jsonb(array[row(1, null)]) as rows from pairs() p;

-- name: Vectors :many
select to_jsonb(i.indkey) as keys, (select to_jsonb(s.most_common_vals) from pg_stats s limit 1) as "values" from pg_index i where i.indrelid = 'a'::regclass;
