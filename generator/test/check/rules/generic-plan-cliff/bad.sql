create table goods (
  id bigint generated always as identity primary key,
  shop_id bigint not null,
  status text not null
);
create index on goods (shop_id);

-- name: ListShops :many
select s.id
from generate_series(1, 100) as s (id)
where not exists (
  select from goods g where g.shop_id = s.id and (sqlc.narg(status)::text is null or g.status = sqlc.narg(status))
)
limit 100;
