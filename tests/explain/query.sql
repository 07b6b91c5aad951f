-- name: Everything :one
select
  c.id,
  upper(c.nick) as shout,
  o.total,
  buyer.name as buyer,
  count(*) over () as n,
  coalesce(c.nick, c.name) as called,
  (select max(total) from orders) as most,
  case when c.nick is not null then c.nick else '' end as nick,
  array[c.name] as names,
  c.email as "email?"
from customers c
left join orders o on o.customer_id = c.id
left join orders bought on bought.id = 1 and bought.total > 0
left join customers buyer on buyer.id = bought.customer_id
where c.name = @name and (sqlc.narg('since')::timestamptz is null or o.paid_at > sqlc.narg('since'))
  and bought.state <> '';

-- name: PaidAt :one
select paid_at from orders where state = 'paid' and id = $1;

-- name: AddCustomer :one
insert into customers (id, name, nick, email) values ($1, @name, $2, lower($3)) returning *;

-- name: CountOrders :one
select count(*), sum(total) from orders;

-- name: FindOrders :many
-- @optional state, customer
-- @sort newest: paid_at | largest: total
select o.id, o.state, o.customer_id, o.total from orders o
where o.state = @state and o.customer_id = @customer
order by o.paid_at desc, o.total desc, o.id;

-- name: OrderOf :many
-- @optional id
select o.id from orders o where o.id = @id;
