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
select title from documents where workspace_id = @workspace_id and id = @id;

-- name: ListPages :many
select p.body
from documents d
join pages p on p.workspace_id = d.workspace_id and p.document_id = d.id
where d.workspace_id = @workspace_id and d.id = @document_id;
