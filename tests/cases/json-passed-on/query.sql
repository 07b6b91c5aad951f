-- name: OfOtherRows :many
select first_value(jsonb_build_object('c', cost)) over (order by id) as a, lag(jsonb_build_object('c', cost)) over (order by id) as b, lead(jsonb_build_object('c', cost), 1, jsonb_build_object('d', 1)) over (order by id) as c, nth_value(json_build_object('c', cost), 2) over (order by id) as d, any_value(jsonb_build_object('x', id)) over () as e, first_value(p) over (order by id) as f, lag(tags, 1, array['x']) over (order by id) as g, first_value(conf) over (order by id) as h from a;

-- name: OfSeveral :one
select mode() within group (order by to_jsonb(b)) as a, any_value(b) as b, mode() within group (order by b.s) as c, any_value(array[b.v]) as d, any_value(jsonb_build_array(b.v)) filter (where b.v > 1) as e from b;

-- name: Elements :many
select (array_agg(jsonb_build_object('c', cost)))[1] as a, (array[jsonb_build_object('c', 1), null])[2] as b, jsonb_array_elements(jsonb_agg(jsonb_build_object('i', id))) as c, unnest(array_agg(jsonb_build_object('i', cost))) as d, (array[array[min(id), null], array[2, 3]])[1] as e, (array[array[min(id), null], array[2, 3]])[1][2] as f, (array_agg(p))[1] as g from a;

-- name: ElementsInFrom :many
select e as a, x.value as b, jsonb_array_elements(jsonb_build_array(id, kind, null)) as c from a, jsonb_array_elements(jsonb_build_array(cost, null)) x, json_array_elements((select json_agg(json_build_object('w', w)) from b)) e, jsonb_array_elements(coalesce(to_jsonb(tags), '[]')) t;

-- name: Unless :many
select nullif(jsonb_build_object('c', id), '{"c": 1}') as a, nullif(tags, '{}') as b, nullif(p, row(1, 2)::pair) as c, (nullif(p, null)).b as d, nullif(kind::varchar, 'x'::text) as e, nullif(id, 2::bigint) as f, nullif(conf, '{}') as g from a;

-- name: Places :many
select s.o -> 'list' -> 0 -> 'w' as a, s.o -> 'list' -> 5 as b, jsonb_build_object('n', s.note) -> 'n' -> 0 as c, json_build_object('n', s.note) -> 'n' -> 0 as d, to_jsonb(s.id) -> 0 as e, jsonb_build_object('n', s.note) -> 'n' -> 0 ->> 0 as f from (select a.id, a.note, json_build_object('list', (select json_agg(b) from b where b.a_id = a.id)) as o from a) s;
