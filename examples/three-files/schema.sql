create table customers (
  id bigint generated always as identity primary key,
  name text not null
);

create table orders (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers (id),
  state text not null default 'open' check (state in ('open', 'paid', 'sent')),
  total numeric(10, 2) not null
);
