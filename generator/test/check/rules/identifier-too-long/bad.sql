-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
create table a_name_that_goes_on_and_on_until_nobody_remembers_how_it_began_at_all (id bigint);
