-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create table orders (id bigint primary key, user_id bigint);

-- file: 2_change.sql
alter table orders
  add constraint orders_user_id_fkey foreign key (user_id) references users (id);
