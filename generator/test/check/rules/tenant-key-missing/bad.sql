-- vet: { tenant: { column: workspace_id } }
create table documents (
  workspace_id bigint not null,
  id bigint generated always as identity primary key,
  title text not null
);
create table pages (
  workspace_id bigint not null,
  document_id bigint not null references documents (id),
  body text not null
);
create index on pages (document_id);

-- name: GetDocument :one
select title from documents where id = @id;
