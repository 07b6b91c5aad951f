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

-- name: FullJoins :many
select id, coalesce(a.id, b.id) as again, coalesce(b.v::text, a.t) as either, coalesce(a.n, b.a_id) as neither from a full join b using (id);

-- name: Guarded :many
select case when b.id is not null then b.v else 0 end as v, case when b.id is null then 'none' else b.v::text end as text, case when b.id > 1 then 0 else b.v end as unproven, case when b.id is not null then first_value(b.v) over (order by a.id) else 0 end as of_other_rows from a left join b on b.a_id = a.id;

-- name: Filtered :many
select a.t, array_agg(b.id) filter (where b.id is not null) as ids, array_agg(b.id) as all_ids, sum(a.id) as total from a left join b on b.a_id = a.id group by a.t;

-- name: OneRow :many
with t as (select count(*) as many, max(id) as top from b) select a.id, (select many from t) as many, (select top from t) as top, (select many from t where many > 1) as some from a;
