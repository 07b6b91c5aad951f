-- vet: { naming: { table: '^[a-z_]+$', column: '^[a-z_]+$', index: '_idx$' } }
-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
create table "Notes" ("noteId" bigint);
create index concurrently on_email on users (email);
