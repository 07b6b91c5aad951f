create type mood as enum ('calm', 'loud');
create table rooms (id integer generated always as identity primary key, name text not null unique, mood mood not null, seats integer, opened_at timestamptz not null default now());
create table visits (id bigint generated always as identity primary key, room_id integer not null references rooms, guest text not null, rating integer);
create table events (id bigint generated always as identity primary key, room_id integer not null references rooms, kind text not null default 'new', payload jsonb, key uuid not null default gen_random_uuid(), other uuid, data bytea, tags text[] not null default '{}', at timestamptz not null default now());
