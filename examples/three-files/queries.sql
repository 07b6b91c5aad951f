-- name: CreateCustomer :one
insert into customers (name) values (@name) returning id;

-- name: CreateOrder :exec
insert into orders (customer_id, total) values (@customer_id, @total);

-- Customers without orders are there too: then `total` and `state` are null.
-- name: ListOrders :many
select c.name, o.total, o.state
from customers c
left join orders o on o.customer_id = c.id
order by c.name, o.id;

-- name: ListCustomers :many
select c.name, json_agg(json_build_object('state', o.state, 'total', o.total) order by o.id) as orders
from customers c
join orders o on o.customer_id = c.id
group by c.id
order by c.name;
