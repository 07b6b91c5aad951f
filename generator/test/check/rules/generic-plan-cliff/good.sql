create table goods (
  id bigint generated always as identity primary key,
  shop_id bigint not null,
  status text not null
);
create index on goods (shop_id);

-- name: ListGoods :many
-- Decided before it is sent.
select g.id
from goods g
where g.shop_id = @shop_id and (sqlc.narg(status)::text is null or g.status = sqlc.narg(status))
limit 100;
