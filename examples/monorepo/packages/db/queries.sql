-- name: AddProduct :exec
insert into products (sku, name, price) values (@sku, @name, @price);

-- name: ListProducts :many
select sku, name, price from products order by sku;
