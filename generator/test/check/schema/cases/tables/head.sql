create table kept (id int primary key, note text);
create table cache (k text primary key) with (fillfactor = 80, autovacuum_enabled = false);
create table fresh (
  id bigint generated always as identity primary key,
  kept_id int not null references kept on delete cascade,
  "Odd Name" text not null default 'x' collate "C" check ("Odd Name" <> ''),
  price numeric(10, 2) not null default 0,
  total numeric generated always as (price * 2) stored,
  made timestamptz not null default now(),
  unique (kept_id, "Odd Name")
);
create index fresh_made on fresh (made desc) where total > 0;
comment on table fresh is 'New.';
comment on column fresh."Odd Name" is 'With a space.';
