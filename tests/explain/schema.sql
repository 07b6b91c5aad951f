create table customers (id int primary key, name text not null, nick text, email text not null unique);
create table orders (
  id int primary key,
  customer_id int not null references customers,
  total numeric,
  paid_at timestamptz,
  state text not null,
  constraint paid_has_time check (state <> 'paid' or paid_at is not null)
);
