-- name: Joins :many
select a.id, b.id as b_id, a.n, a.g from a left join b on b.a_id = a.id;

-- name: Proven :many
select a.n, b.v from a left join b on b.a_id = a.id where a.n is not null and b.v > 0;

-- name: Authored :many
select n as "n!", t as "t?", max(n) over () as "top!", 'x' as "ends?!" from a where n is not null;

-- name: FromView :many
select * from totals;

-- name: Aggregates :one
select max(n) as top, count(*) as many, coalesce(sum(n), 0) as total, array_agg(t) as ts, bool_or(n > 1) as any_big from a;

-- name: Grouped :many
select t, max(id) as top, array_agg(id) as ids, string_agg(t, ',') as words from a group by t;

-- name: Scalars :many
select (select max(v) from b where b.a_id = a.id) as top, (select count(*) from b) as many, exists (select 1 from b) as has, array(select id from b) as ids, nullif(n, 1) as other, n is null as missing from a;

-- name: Unions :many
select t from a union all select null order by 1;

-- name: Changed :many
update a set n = @n where n is not null returning id, n, t, g;

-- name: Recursive :many
with recursive r(id, up) as (select id, null::int from a union all select b.id, r.id from r join b on b.a_id = r.id and b.id > r.id) select * from r;
