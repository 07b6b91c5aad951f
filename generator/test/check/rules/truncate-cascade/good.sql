-- vet: { rules: { truncate-table: off } }
-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create table sessions (id bigint, user_id bigint references users (id));

-- file: 2_change.sql
truncate users, sessions;
