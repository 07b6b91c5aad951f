create table doc (
  id int primary key,
  state varchar(10) check (state in ('a', 'b')),
  kind varchar(5),
  is_open boolean generated always as (state in ('a', 'it''s')) stored
);
create index doc_kind on doc (id) where kind not in ('x', 'y');
create view open_docs as select id from doc where kind in ('x', 'y');
alter table doc enable row level security;
create policy visible on doc using (kind = any (array['x', 'y']::varchar[]));
