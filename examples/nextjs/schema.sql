create table guests (
  id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 20),
  is_coming boolean not null default true
);
