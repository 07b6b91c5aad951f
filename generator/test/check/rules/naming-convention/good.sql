-- vet: { naming: { table: '^[a-z_]+$', column: '^[a-z_]+$', index: '_idx$' } }
-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
create table notes (note_id bigint);
create index concurrently users_email_name_idx on users (email, name);
