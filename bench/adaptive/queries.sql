-- name: SearchGoods :many
-- @optional shop_id, category_id, brand_id, status, title, min_price, max_price, min_rating, min_stock, since
select id, title, price_cents
from goods
where shop_id = @shop_id
  and category_id = @category_id
  and brand_id = @brand_id
  and status = @status
  and title = @title
  and price_cents >= @min_price
  and price_cents <= @max_price
  and rating >= @min_rating
  and stock >= @min_stock
  and created_at >= @since
order by created_at desc, id desc
limit 20;

-- name: SearchBestGoods :many
-- @optional shop_id, category_id, brand_id, status, title, min_price, max_price, min_rating, min_stock, since
select id, title, price_cents
from goods
where shop_id = @shop_id
  and category_id = @category_id
  and brand_id = @brand_id
  and status = @status
  and title = @title
  and price_cents >= @min_price
  and price_cents <= @max_price
  and rating >= @min_rating
  and stock >= @min_stock
  and created_at >= @since
order by rating desc, id desc
limit 20;

-- name: ImportGoods :exec
insert into imported (id, name, price_cents, created_at)
select r.id, r.name, r.price_cents, r.created_at
from json_to_recordset(@goods::json) as r (id bigint, name text, price_cents int, created_at timestamptz);
