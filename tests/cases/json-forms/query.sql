-- name: Scalars :many
select json_build_object('f', f8, 'n', nm, 'i', i8) as j, jsonb_build_object('f', f8n, 'n', nmn) as k, to_json(f8n) as l, to_jsonb(nmn) as m from x;

-- name: Aggregates :many
select json_agg(f8n) as a, jsonb_agg(nm) as b, json_agg(i8) as c, json_agg(fs) as d, json_agg(t) as e from x;

-- name: Rows :many
select to_json(x) as a, to_jsonb(x) as b, row_to_json(x) as c, to_json(c) as d, to_json(cs) as e, to_json(d) as f from x;

-- name: Subqueries :many
select (select json_agg(q) from (select f8, json_build_object('n', nmn, 'deep', json_build_array(nmn)) as o, array_agg(nm) as ns from x group by f8, nmn) q) as j, (select row_to_json(q) from (select x.nmn, t) q) as k from x;

-- name: TextsStayTexts :many
select json_build_object('t', t, 'ts', array[t], 'o', json_build_object('t', t)) as j, to_json(t) as k from x;

-- name: Matrices :many
select json_build_object('a', array[array[f8n]], 'b', array_agg(fs)) as j from x where id = 2 group by f8n;

-- name: NamedArrays :many
select json_build_object('es', array['x', null]::en[], 'one', array[c], 'k', json_build_object('kind', json_object('a': t))) as j from x;

-- name: SameName :many
select row_to_json(q) as j from (select f8n, i8 as f8n, nmn as n, t as n from x) q;

-- name: TimesAndBytes :many
select json_build_object('d', date 'infinity', 'at', timestamptz '-infinity', 'b', '\xdead'::bytea, 'i', interval '1 day', 'm', 1::money, 'o', 1::oid, 'r', int4range(1, 2), 'v', '1 2'::int2vector) as j;

-- name: CastToJson :many
select to_json(l) as a, to_json(ls) as b, json_build_object('l', l) as c from locations;

-- name: Vectors :many
select indkey, indclass, to_json(indkey) as j from pg_index limit 3;

-- name: FromRule :many
delete from ruled where id is not null returning to_json(ruled) as j, ruled.id;
