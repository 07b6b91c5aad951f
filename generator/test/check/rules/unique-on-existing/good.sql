-- vet: { rules: { drop-constraint: off } }
-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
create unique index concurrently on users (email, name);

-- file: 3_replaced.sql
alter table users drop constraint users_email_key;

create unique index concurrently on users (email, id);
