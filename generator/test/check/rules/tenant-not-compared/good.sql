-- vet: { tenant: { column: workspace_id, across: [worker], distributed: { reference: [templates] } } }
create table documents (
  workspace_id bigint not null,
  id bigint not null,
  template_id bigint,
  title text not null,
  primary key (workspace_id, id)
);
create table pages (
  workspace_id bigint not null,
  document_id bigint not null,
  number integer not null,
  body text not null,
  primary key (workspace_id, document_id, number)
);
create table templates (workspace_id bigint not null, id bigint primary key, body text not null);
create view pages_with_title as
select p.workspace_id, p.document_id, d.title, p.body
from pages p
join documents d on d.workspace_id = p.workspace_id and d.id = p.document_id;

-- name: GetDocument :one
-- solitude-gen-ignore tenant-key-missing templates are for everybody
select d.title, t.body as template, first.body
from documents d
left join templates t on t.id = d.template_id
left join lateral (
  select p.body from pages p
  where p.workspace_id = @workspace_id and p.document_id = d.id
  order by p.number
  limit 1
) first on true
where d.workspace_id = @workspace_id and d.id = @id;

-- name: ListPages :many
select d.title, p.body
from documents d
left join pages p on p.workspace_id = d.workspace_id and p.document_id = d.id
where d.workspace_id = @workspace_id;

-- name: ListPagesWithTitle :many
select title, body from pages_with_title
where workspace_id = @workspace_id and document_id = @document_id;

-- name: CopyDocument :execrows
with original as (
  select * from documents where workspace_id = @workspace_id and id = @id
)
insert into documents (workspace_id, id, title)
select @workspace_id, @new_id, o.title from original o;

-- name: CountDocuments :one
-- For the operators.
-- @role worker
select count(*) from documents;
