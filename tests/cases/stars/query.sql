-- name: Star :many
select * from a;
-- name: TwoTables :many
select * from a, b where a.id = b.id;
-- name: Using :many
select * from a join b using (id);
-- name: NaturalFull :many
select * from a natural full join b;
-- name: Aliased :many
select x.*, y.* from a x left join b y on y.a_id = x.id;
-- name: Renamed :many
select * from a as r(one, two);
-- name: Subselect :many
select s.*, (select count(*) from (select * from b) q) as n from (select * from a) s;
-- name: Cte :many
with w as (select * from a) select * from w union all select * from a;
-- name: FunctionStar :many
select * from pairs();
-- name: Composite :many
select (p).*, id, (c.p).x as again from c;
-- name: Returning :many
update b set z = 'q' from a where a.id = b.id returning *;
-- name: DeleteReturning :many
delete from b returning b.*;
-- name: InsertSelect :many
insert into b select * from b returning *;
-- name: ValuesStar :many
select * from (values (1, 'x'), (2, null)) v(id, label);
-- name: CountStar :one
select count(*) from a;
-- name: Exists :one
select exists (select * from a);
-- name: Nested :many
select * from (a join b on a.id = b.a_id) as j(i, w, u, bi, ai);
-- name: Lateral :many
select * from a, lateral (select b.* from b where b.a_id = a.id) l;
-- name: Ordinality :many
select * from unnest(array['a', 'b']) with ordinality;
