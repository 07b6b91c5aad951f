create type status as enum ('open', 'done', 'lost');
create domain amount as integer;
create type price as (amt amount, cur text);

-- An attribute that converts only when told how.
create type reading as (at text, "Value" text);
create table readings of reading (at not null);
create index readings_at on readings (at);

-- Another order, and what stands on the columns.
create type pair as (a integer, b text, c date);
create sequence numbers;
create table pairs of pair (a with options default nextval('numbers'), b not null, primary key (a), check (c > '2000-01-01'), unique (b));
alter sequence numbers owned by pairs.a;
create table notes (pair integer references pairs, body text);
create view named as select a, b from pairs;
create function touch() returns trigger language plpgsql as $$ begin new.b := 'touched'; return new; end $$;
create trigger touched before update of b on pairs for each row execute function touch();
comment on column pairs.b is 'a name';
grant select (b) on pairs to public;

-- Of another type from now on.
create type one as (a integer, b text);
create type two as (b text, a bigint, d date);
create table changing of one (primary key (a));

-- A type that is replaced with one that it is made of.
create table prices of price;
create type state as (s status, n integer);
create table states of state;

-- One of a type for the first time, its columns in another order.
create table becomes (b text, a bigint);
create type kept as (x integer);
create table kept_too of kept;
