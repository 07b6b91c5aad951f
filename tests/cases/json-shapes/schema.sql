create type mood as enum ('sad', 'ok');
create table a (id int primary key, name text not null, n int, m mood not null, big int8 not null, at timestamptz, doc jsonb not null, tags text[] not null, f float8 not null);
create table b (id int primary key, a_id int not null references a, v numeric);
create function pairs() returns table (k int, v text) language plpgsql as $$ begin return query select 1, null::text; end $$;
