create table visits (
  path text primary key,
  count integer not null
);
