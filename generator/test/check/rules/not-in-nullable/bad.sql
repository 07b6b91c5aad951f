create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create table orders (
  id bigint generated always as identity primary key,
  user_id bigint references users (id)
);
create index on orders (user_id);

-- name: UsersWithoutOrders :many
select id from users where id not in (select user_id from orders);
