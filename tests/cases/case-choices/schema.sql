-- What CASE asks of an argument is decided before the statement is sent.
create table agent (id int primary key, owner_id int not null, name text not null, blurb text, price int, rating numeric(3, 2), created_at timestamptz not null, setup jsonb not null default '{"a": []}');
create table run (id bigint primary key, agent_id int not null references agent, cost bigint not null, started_at timestamptz);
create index on agent (name);
comment on column agent.setup is '@type {{ a: unknown[] } | unknown[] | null}';
