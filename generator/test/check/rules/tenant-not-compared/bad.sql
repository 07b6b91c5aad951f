-- vet: { tenant: { column: workspace_id, distributed: {} } }
create table documents (
  workspace_id bigint not null,
  id bigint not null,
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

-- name: GetDocument :one
select d.title, first.body
from documents d
left join lateral (
  select p.body from pages p
  where p.workspace_id = d.workspace_id and p.document_id = d.id
  order by p.number
  limit 1
) first on true
where d.workspace_id = @workspace_id and d.id = @id;

-- name: ListEmptyDocuments :many
select d.id
from documents d
where d.workspace_id = @workspace_id
  and not exists (select from pages p where p.workspace_id = d.workspace_id and p.document_id = d.id);

-- name: CopyDocument :execrows
with original as (
  select * from documents where workspace_id = @workspace_id and id = @id
)
insert into documents (workspace_id, id, title)
select o.workspace_id, @new_id, o.title from original o;
