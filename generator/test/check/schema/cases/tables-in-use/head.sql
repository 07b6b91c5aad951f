create table customers (id bigint primary key, email text not null, "Name (old)" text, size int not null,
  constraint is_big check (size > 10), constraint "E-mail" unique nulls not distinct (email) include (size) deferrable initially deferred,
  unique ("Name (old)"));
create table orders (id bigint primary key, customer bigint not null references customers, code text, spare text, note varchar(20),
  constraint replaced check (note <> ''));
create unique index by_code on orders (lower(code)) where spare is null;
create index "By Customer" on orders (customer);
create table events (id bigint, at date not null, kind text, check (kind <> '')) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
create index by_kind on events (kind);
create materialized view sizes as select size from customers;
create unique index of_sizes on sizes (size);
create view notes as select note from orders;
create table fresh (id bigint primary key, customer bigint references customers);
create index of_fresh on fresh (customer);
