create type tier as enum ('free', 'pro');
create type pair as (x int, y numeric);
create table agent (
  id int primary key,
  title text not null,
  note text,
  price numeric,
  weight float8 not null,
  calls int8 not null,
  tier tier not null,
  kind text not null check (kind in ('solo', 'team')),
  conf jsonb,
  tags text[] not null,
  place pair
);
create table review (id int primary key, agent_id int not null references agent, stars int not null, body text);
create view cards as
  select a.id, json_build_object('title', a.title, 'kind', a.kind, 'price', a.price) as card from agent a;
