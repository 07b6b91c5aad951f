-- Rows inside of rows are what their tables say.
create type tier as enum ('free', 'paid');
create type place as (x int, y int, label text);
create domain slug as text check (value <> '');
create table workspace (id int primary key, name text not null, tier tier not null);
create table agent (
  id int primary key,
  workspace_id int not null references workspace,
  slug slug not null,
  blurb text,
  price numeric(10, 2),
  tags text[] not null,
  conf jsonb,
  at place,
  old int,
  created_at timestamptz not null
);
alter table agent drop column old;
alter table agent add column big bigint not null default 5;
create table version (id int primary key, agent_id int not null references agent, label text not null, notes text, kind text not null check (kind in ('beta', 'stable')));
create table review (agent_id int not null references agent, n int not null, body text, primary key (agent_id, n));
create view shelf as select a.id, a.slug, w.name as workspace from agent a left join workspace w on w.id = a.workspace_id and w.tier = 'paid';
