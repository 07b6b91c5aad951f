create table authors (
  id bigserial primary key,
  name text not null,
  bio text
);
