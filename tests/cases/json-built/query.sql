-- name: Lists :many
select json_build_array(id, title, price, weight) as a, jsonb_build_array() as b, json_array(id, note) as c, json_array(id, note null on null) as d, json_array(note) as e, json_array(weight, id, null) as f, json_array(price, id) as g from agent;

-- name: ByKey :one
select json_object_agg(title, price) as a, jsonb_object_agg(title, json_build_object('w', weight)) as b, json_objectagg(title: note absent on null) as c, json_objectagg(title: calls) as d, jsonb_object_agg(id, note) as e from agent;

-- name: Keyed :many
select json_build_object(title, weight, 'fixed', id) as a, json_object(title: note absent on null) as b, json_object(array['a', note, 'b', title]) as c from agent;

-- name: Objects :many
select json_object('id': id, 'note': note) as a, json_object('id': id, 'note': note absent on null) as b, json_object('id': id, 'id': note absent on null) as c, json_object('t': title returning text) as d from agent;

-- name: Aggregated :many
select kind, json_arrayagg(note) as a, json_arrayagg(note null on null) as b, json_arrayagg(price returning jsonb) as c, jsonb_agg(weight) as d, json_arrayagg(conf null on null) as e from agent group by kind;

-- name: OverWindows :many
select jsonb_agg(json_build_object('id', id, 'price', price)) over (order by id) as a, json_object_agg(title, id) over () as b, json_agg(id) over (rows between 1 following and 1 following) as c from agent;

-- name: Concatenated :many
select jsonb_build_object('a', id, 'b', note) || jsonb_build_object('b', price) as a, jsonb_build_array(id) || jsonb_build_array(note) as b, jsonb_build_array(id) || jsonb_build_object('w', weight) as c, to_jsonb(a) || jsonb_build_object('tier', 1) as d, (select jsonb_agg(stars) from review) || jsonb_build_array('x') as e, jsonb_build_object('a', 1) || conf as f, jsonb_strip_nulls(jsonb_build_object('k', note)) || jsonb_build_object('l', 1) as g, jsonb_build_object('k', 1) || jsonb_strip_nulls(jsonb_build_object('k', note)) as h, jsonb_build_object('k', note) - 'k' as i from agent a;

-- name: Assigned :many
select jsonb_set(jsonb_build_object('a', id), '{b}', to_jsonb(title)) as a, jsonb_set(jsonb_build_object('a', jsonb_build_object('b', note)), '{a,b}', to_jsonb(price), false) as b, jsonb_set(jsonb_build_object('a', id), array['c'], '[]', false) as c, jsonb_set(jsonb_build_object('a', id), '{a,x}', '[]') as d, jsonb_set(to_jsonb(a), '{place,x}', '[]') as e, jsonb_set(jsonb_build_array(1), '{0}', '[]') as f from agent a;

-- name: Stripped :many
select jsonb_strip_nulls(to_jsonb(a)) as a, json_strip_nulls(json_build_object('n', note, 'deep', json_build_object('p', price), 'list', json_build_array(note, json_build_object('m', note)), 'never', null, 'conf', conf)) as b from agent a;

-- name: Passed :many
with x as (select id, json_build_object('id', id, 'price', price) as j from agent)
select c.card, x.j, (select json_agg(y.j) from x y) as js from cards c join x on x.id = c.id;

-- name: United :many
select json_build_object('id', id, 'note', note) as j, json_build_object('kind', 'agent', 'price', price) as k, null::json as l from agent
union all
select json_build_object('id', id, 'note', body), json_build_object('kind', 'review', 'stars', stars), json_build_array(id) from review;

-- name: Read :many
select json_build_object('a', json_build_object('b', note)) -> 'a' as a, json_build_object('a', title) ->> 'a' as b, json_build_object('a', note) ->> 'a' as c, json_build_object('a', price) -> 'a' as d, jsonb_build_object('a', jsonb_build_array(id, price)) #> '{a,1}' as e, jsonb_build_object('a', jsonb_build_array(id, price)) #>> '{a,0}' as f, json_build_array(id, weight) -> -1 as g, json_build_object('a', 1) -> 'other' as h, (jsonb_build_object('a', weight))['a'] as i, jsonb_extract_path(jsonb_build_object('a', to_jsonb(t)), 'a', 'place', 'y') as j, (select json_agg(r) from review r) -> 0 as k, conf -> 'a' as l, json_build_object('c', conf) -> 'c' as m from agent t;

-- name: Told :many
select case when price is null then json_build_object('kind', 'free') else json_build_object('kind', 'paid', 'price', price) end as a, case tier when 'free' then json_build_object('ok', true, 'n', 1) else json_build_object('ok', false, 'n', 1.5) end as b, case when id = 1 then json_build_object('v', weight) when id = 2 then json_build_object('v', title) else json_build_object('v', null) end as c, case when id > 1 then to_jsonb(tags) else to_jsonb(weight) end as d, case when id > 1 then to_jsonb(title) else to_jsonb(id) end as e from agent;

-- name: Otherwise :many
select coalesce((select json_build_object('id', r.id, 'body', r.body) from review r where r.agent_id = a.id limit 1), json_build_object('id', 0, 'body', null)) as a, coalesce((select jsonb_build_object('id', r.id) from review r where r.id = a.id + 1), '{}') as b, coalesce(to_json(a.tags), '[]') as c, coalesce((select json_object_agg(r.id, r.stars) from review r where r.agent_id = a.id), '{}') as d, coalesce(conf, '{}') as e, coalesce((select json_agg(r.stars) from review r where r.agent_id = a.id), '{"n": [1, 2.5, "x", true, null]}') as f from agent a;

-- name: Arrays :many
select array(select json_build_object('id', r.id, 'price', a.price) from review r order by r.id) as a, (select array_agg(jsonb_build_array(r.id, r.body)) from review r) as b, array_to_json(a.tags) as c, array[to_json(a.weight), to_json(a.id)] as d from agent a;

-- name: Composites :many
select json_build_object('p', row(id, price)::pair, 'q', place, 'r', row(id, weight)) as a, row_to_json(a) as b, to_jsonb(place) as c, json_agg(place) over () as d from agent a;

-- name: Cast :many
select json_build_object('a', price)::jsonb as a, jsonb_build_object('a', weight)::json as b, json_build_object('a', calls)::text as c from agent;

-- name: Inserted :many
select jsonb_insert(jsonb_build_object('a', id), '{b}', to_jsonb(title)) as a, jsonb_insert(jsonb_build_array(id, note), '{0}', to_jsonb(title), true) as b, jsonb_insert(jsonb_build_object('l', jsonb_build_array(id)), '{l,-1}', '[]') as c, jsonb_insert((select jsonb_agg(stars) from review), '{0}', to_jsonb(title)) as d, jsonb_set(jsonb_build_array(id, jsonb_build_object('n', note)), '{1,n}', to_jsonb(weight)) as e, jsonb_set((select jsonb_agg(jsonb_build_object('s', stars)) from review), '{0,s}', to_jsonb(title)) as f, jsonb_set(jsonb_build_array(id), array[id::text], '[]') as computed from agent;

-- name: Removed :many
select jsonb_build_object('a', id, 'b', note, 'c', price) - array['a', 'c'] as a, jsonb_build_array(id, note, title) - 1 as b, jsonb_build_array(id, note) - -1 as c, jsonb_build_object('a', jsonb_build_object('b', id, 'c', note)) #- '{a,b}' as d, jsonb_build_object('a', jsonb_build_array(id, title)) #- '{a,0}' as e, (select jsonb_agg(jsonb_build_object('s', stars, 'b', body)) from review) #- '{0,b}' as f, to_jsonb(t) - 'conf' - 'tags' as g, jsonb_build_array(title) - title as h, jsonb_build_object('a', id) - title as computed, jsonb_build_object('a', id) #- array[title] as computed_path from agent t;

-- name: Paths :many
select jsonb_path_query(jsonb_build_object('a', jsonb_build_array(id)), '$.a[*]') as a, jsonb_path_query_first(jsonb_build_object('a', title), '$.a') as b, jsonb_set_lax(jsonb_build_object('a', id), '{a}', null, true, 'delete_key') as c, json_strip_nulls(json_build_object('at', place, 'r', row (id, note), 'all', array(select row (r.id, r.stars)::pair from review r))) as d from agent;

-- name: ListsBesideObjects :many
-- Each is told by what it is.
select coalesce((select to_jsonb(r) from (select b.price, b.id from agent b where b.id = a.id and a.id > 1) r), '[]') as a,
  case when id > 1 then json_build_object('n', 1.5, 'w', weight) else json_build_array(title, 1) end as b,
  case when id > 1 then json_build_object('t', title) else json_build_array(1.5, weight) end as c,
  case when id > 1 then json_build_object('n', 1.5) else json_build_array(1.5) end as d,
  json_build_object('in', case when id > 1 then jsonb_object_agg(title, price) over () else to_jsonb(array[title]) end) as e,
  case when id > 1 then json_build_object('n', 1.5) when id > 0 then json_build_array(1.5, id, weight) else '[]' end as f,
  json_build_array(case when id > 1 then jsonb_object_agg(title, price) over () else to_jsonb(array[price]) end, 'and') as g,
  coalesce((select jsonb_agg(case when b.id > 1 then jsonb_build_object('n', b.price) else jsonb_build_array(b.price) end order by b.id) from agent b), '{}') as h
from agent a order by id;

-- name: CalledAsInherited :many
-- Keys that every object of JavaScript has.
select json_build_object('__proto__', price, 'toString', weight, 'in', json_build_object('constructor', calls)) as a, jsonb_build_object('__proto__', jsonb_build_object('hasOwnProperty', price)) as b from agent;
