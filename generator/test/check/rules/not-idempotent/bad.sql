-- vet: { rules: { not-idempotent: warning } }
-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
-- migrate:up transaction:false
create index concurrently users_name_idx on users (name);
