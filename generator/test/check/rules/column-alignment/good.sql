-- vet: { rules: { column-alignment: warning } }
-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
create table events (id bigint not null, at timestamptz not null, is_seen boolean not null, is_read boolean not null);
