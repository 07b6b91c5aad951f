-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text,
  nickname text
);
create index on users (nickname);
create table visits (day date not null) partition by range (day);
create table visits_rest partition of visits default;

-- file: 2_change.sql
do $$
begin
  alter table users alter column name set not null;
end
$$;
alter table users alter column nickname type text collate "C";
create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01');
