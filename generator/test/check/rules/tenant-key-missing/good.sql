-- vet: { tenant: { column: workspace_id, tables: { workspaces: id }, across: [worker] } }
create table workspaces (id bigint generated always as identity primary key, name text not null);
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

-- name: GetWorkspace :one
select name from workspaces where id = @id;

-- name: CountDocuments :one
-- For the operators.
-- @role worker
select count(*) from documents;
