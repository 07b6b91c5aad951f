-- name: Sorted :many
-- Any other text is no order by these.
select a.id, a.name from agent a
order by case when @sort::text = 'name' then a.name end,
  case when @sort = 'price' then a.price end desc nulls last,
  case @sort when 'newest' then a.created_at when 'oldest' then a.created_at end,
  a.id
limit @most;

-- name: SortedEitherWay :many
select a.id from agent a
order by case when @sort::text = 'name' and not @backwards::bool then a.name end,
  case when @sort = 'name' and @backwards then a.name end desc, a.id;

-- name: WithCost :many
select a.id, case when @with_cost::bool then (select sum(r.cost) from run r where r.agent_id = a.id) end as cost,
  case when @with_cost then (select count(*) from run r where r.agent_id = a.id) end as runs
from agent a where a.owner_id = @owner_id order by a.id;

-- name: OneWithMore :one
-- @optional owner_id
select a.id, case when @with_blurb::bool then coalesce(a.blurb, '') end as blurb, case when not @is_short::bool then a.name end as name
from agent a where a.id = @id and a.owner_id = @owner_id;

-- name: Three :many
select case when @a::bool then a.id end as a, case when @b::bool then a.id end as b, case when @c::bool then a.id else 0 end as c from agent a;

-- name: Patched :one
update agent set blurb = case when @sets_blurb::bool then sqlc.narg(blurb) else blurb end, price = case when @sets_price::bool then sqlc.narg(price) else price end
where id = @id returning id, case when @sets_price then price end as price;

-- name: Pages :many
-- @keyset
select a.id, case when @with_price::bool then a.price end as price from agent a order by a.created_at desc, a.id limit @size;

-- name: Mode :many
select a.id from agent a where case when @mode::text = 'mine' then a.owner_id = @me when @mode = 'free' then a.price is null else true end order by a.id;

-- name: Streamed :batchmany
select a.id, case when @with_name::bool then a.name end as name from agent a where a.id = @id;

-- name: NotFolded :many
-- What could mean something else stays: another type, a negation that NULL makes true of nothing, an argument that is not all.
select case when @n::int = 1 then 'one' end as one, case when not (@kind::text = 'a') then 'other' end as other, case when @c::varchar(1) = 'a' then 1 end as cut,
  case @d::text when 'a' then 1 when a.name then 2 end as mixed, case when @e::text = 'a' collate "C" then 1 end as collated
from agent a;

-- name: Kept :many
-- @whole
select a.id from agent a order by case when @sort::text = 'name' then a.name end, a.id;

-- name: WithDocuments :many
-- Where nothing is computed nothing is said of what is: JSON, rows and stored documents keep their types.
-- @optional owner_id
select a.id,
  case when @with_runs::bool then (select jsonb_agg(jsonb_build_object('agent', r.agent_id, 'cost', r.cost::text) order by r.id) from run r where r.agent_id = a.id) end as runs,
  case when @with_runs then array(select r from run r where r.agent_id = a.id order by r.id) end as nested,
  case when @with_setup::bool then a.setup end as setup,
  case when @with_setup then row(a.name, case when @with_runs then jsonb_build_object('rating', a.rating) end) end as pair
from agent a where a.owner_id = @owner_id order by a.id;
