create type mood as enum ('sad', 'fine', 'it''s "ok"');
create type pair as (a int, b text);
create domain document as jsonb check (jsonb_typeof(value) <> 'null');
create domain email as text;
create table shop (id int primary key, name text not null unique, note text);
create table good (
  shop_id int not null references shop (id),
  id int generated always as identity primary key,
  sku text not null,
  kind text not null default 'new' check (kind in ('new', 'used')),
  price numeric(12, 2),
  stock bigint not null default 0,
  weight double precision,
  made_on date,
  sold_at timestamptz,
  picture bytea,
  labels jsonb not null default '{}',
  raw json,
  doc document,
  contact email,
  mood mood,
  moods mood[],
  tags text[] not null default '{}',
  grid int[],
  size pair,
  available tstzrange,
  code uuid,
  address inet,
  gone boolean not null default false,
  unique (shop_id, sku)
);
