-- What is stored in a column names its parameter and says whether NULL will do, however far away it stands.

-- name: InsertSelected :exec
insert into orgs (id, name, nick, kind) select $1, $2, $3, $4 on conflict (id) do nothing;

-- name: InsertCast :exec
insert into members (org_id, user_id, role) select $1::bigint, $2::int, coalesce($3, 'x') from orgs;

-- name: InsertBesideColumns :execrows
insert into members (org_id, user_id, role) select o.id, $1, $2 from orgs o where o.name = $3;

-- name: InsertFromCte :exec
with x as (select $1::bigint as member, $2 as role) insert into members (org_id, user_id, role) select member, member, role from x;

-- name: InsertFromRecursiveCte :exec
with recursive r as (select $1::bigint as org, 1 as n union all select org, n + 1 from r where n < $2)
insert into members (org_id, user_id) select org, n from r;

-- name: InsertUnion :exec
insert into members (org_id, user_id, role)
select $1::bigint, $2::bigint, $3::text union all select $4::bigint, $5::bigint, $6::text;

-- name: InsertFromSubquery :exec
insert into members (org_id, user_id, role)
select s.org, s.usr, s.r from (select $1::bigint as org, $2::bigint as usr, $3::text as r) s;

-- name: InsertFromValues :exec
insert into members (org_id, user_id, role) select v.a, v.b, $3 from (values ($1::bigint, $2::bigint)) as v(a, b);

-- name: InsertRows :exec
insert into members (org_id, user_id, role) values ($1, $2, $3), ($4, $5, $6);

-- name: Upsert :exec
insert into orgs (id, name, kind)
select s.id, s.n, s.k from (select $1::bigint as id, $2::text as n, $3::text as k) s
on conflict (id) do update set name = excluded.name, nick = $4;

-- name: UpdateFrom :exec
update members m set role = s.r, user_id = s.u from (select $1::text as r, $2::bigint as u) s where m.org_id = $3;

-- name: Merge :exec
merge into members m using (select $1::bigint as org, $2::text as r) s on m.org_id = s.org
when matched then update set role = s.r
when not matched then insert (org_id, user_id, role) values (s.org, $3, s.r);
