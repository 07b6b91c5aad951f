-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text,
  nickname varchar(20)
);
create index on users (nickname);
create table visits (day date not null) partition by range (day);
create table visits_rest partition of visits default;
alter table visits_rest add constraint not_2026 check (day < '2026-01-01' or day >= '2027-01-01');

-- file: 2_change.sql
do $$
begin
  alter table users add column phone text;
end
$$;
alter table users alter column nickname type text;
create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01');
