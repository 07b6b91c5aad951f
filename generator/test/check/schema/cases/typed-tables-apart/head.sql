create type status as enum ('open', 'done');
create domain amount as bigint;
create type price as (amt amount, cur text);

create type reading as (at timestamptz, "Value" integer);
create table readings of reading (at not null);
create index readings_at on readings (at);

create type pair as (c date, n integer, b text, a bigint);
create sequence numbers;
create table pairs of pair (a with options default nextval('numbers'), b not null, primary key (a), check (c > '2000-01-01'), unique (b));
alter sequence numbers owned by pairs.a;
create table notes (pair integer references pairs, body text);
create view named as select a, b from pairs;
create function touch() returns trigger language plpgsql as $$ begin new.b := 'touched'; return new; end $$;
create trigger touched before update of b on pairs for each row execute function touch();
comment on column pairs.b is 'a name';
grant select (b) on pairs to public;

create type one as (a integer, b text);
create type two as (b text, a bigint, d date);
create table changing of two (primary key (a));

create table prices of price;
create type state as (s status, n integer);
create table states of state;

create table becomes of two;
create type kept as (x integer);
create table kept_too of kept;
