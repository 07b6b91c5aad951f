-- name: AddGoods :many
-- All kinds of columns, each as its table has it.
insert into good (
  shop_id, sku, kind, price, stock, weight, made_on, sold_at, picture, labels, raw, doc, contact, mood, moods, tags, grid, size,
  available, code, address, gone
)
select
  @shop_id, r.sku, r.kind, r.price, r.stock, r.weight, r.made_on, r.sold_at, r.picture, r.labels, r.raw, r.doc, r.contact, r.mood,
  r.moods, r.tags, r.grid, r.size, r.available, r.code, r.address, r.gone
from json_to_recordset(@goods::json) as r (
  sku text, kind text, price numeric, stock bigint, weight double precision, made_on date, sold_at timestamptz, picture bytea,
  labels jsonb, raw json, doc document, contact email, mood mood, moods mood[], tags text[], grid int[], size pair,
  available tstzrange, code uuid, address inet, gone boolean
)
on conflict do nothing
returning *;

-- name: PutGoods :many
-- What is there already is changed.
insert into good as g (shop_id, sku, price, labels)
select @shop_id, r.sku, r.price, coalesce(r.labels, '{}')
from jsonb_to_recordset(@goods::jsonb) as r (sku text, price numeric, labels jsonb)
on conflict (shop_id, sku) do update set price = excluded.price, labels = g.labels || excluded.labels
returning g.id, g.sku, (xmax = 0) as is_new;

-- name: RepriceGoods :many
update good g
set price = p.price, "gone" = p."is Gone"
from json_to_recordset(@prices::json) as p (id int, price numeric, "is Gone" boolean)
where g.shop_id = @shop_id and g.id = p.id
returning g.id, g.price;

-- name: ImportShops :many
-- In the order of the input; of those that were there already the id only.
with incoming as (
  select i.*
  from rows from (json_to_recordset(@shops::json) as (id int, name text, note text)) with ordinality as i (id, name, note, n)
), done as (
  insert into shop (id, name, note) select i.id, i.name, i.note from incoming i order by i.n
  on conflict do nothing
  returning id, name
)
select i.n, i.id, d.name as new_name from incoming i left join done d on d.id = i.id order by i.n;

-- name: CopyShops :execrows
-- The keys are the table's, of which those are asked for that are used.
insert into shop (id, name)
select s.id, s.name from json_populate_recordset(null::shop, @shops) s
on conflict do nothing;

-- name: PutShop :one
-- One row is an object.
insert into shop (id, name, note)
select r.id, r.name, r.note from json_to_record(@shop::json) as r (id int, name text, note text)
returning *;

-- name: FindGoods :many
-- Pairs to look for, and a column that nothing is done with.
select g.id, g.sku, w.remark
from json_to_recordset(@wanted::json) as w (shop_id int, sku text, remark text)
join good g on g.shop_id = w.shop_id and g.sku = w.sku
order by g.id;
