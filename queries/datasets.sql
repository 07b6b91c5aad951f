-- name: CreateDataset :one
-- A dataset without a version yet.
insert into datasets (workspace_id, slug, name, description, classification, tags, created_by)
values (@workspace_id, @slug, @name, @description, @classification, @tags, @created_by)
returning *;

-- name: GetDataset :one
-- A dataset by the name in its URL.
select * from datasets
where workspace_id = @workspace_id and slug = @slug and deleted_at is null;

-- name: ListDatasets :many
-- With the latest version that is ready. With tags given, datasets that have any of them.
-- @optional tags
select sqlc.embed(dataset), latest.id as version_id, latest.version, latest.record_count, latest.size_bytes
from datasets dataset
left join lateral (
  select v.id, v.version, v.record_count, v.size_bytes
  from dataset_versions v
  where v.workspace_id = @workspace_id and v.dataset_id = dataset.id and v.status = 'ready'
  order by v.version desc
  limit 1
) latest on true
where dataset.workspace_id = @workspace_id
  and dataset.deleted_at is null
  and dataset.tags && @tags::text[]
order by dataset.name, dataset.id
limit 1000;

-- name: ListDatasetTags :many
-- The tags in use, the most frequent first.
select tag::text as tag, count(*) as dataset_count
from datasets d, unnest(d.tags) as tag
where d.workspace_id = @workspace_id and d.deleted_at is null
group by tag
order by dataset_count desc, tag
limit 1000;

-- name: ReclassifyDataset :one
-- Changes how far its contents may travel.
update datasets
set classification = @classification
where workspace_id = @workspace_id and id = @id and deleted_at is null
returning id, classification;

-- name: DeleteDataset :execrows
-- Hides the dataset and frees its name; its versions stay for what was made of them.
update datasets
set deleted_at = now()
where workspace_id = @workspace_id and id = @id and deleted_at is null;

-- name: CreateDatasetVersion :one
-- The next version, which is being built until FinishDatasetVersion or FailDatasetVersion.
insert into dataset_versions (workspace_id, dataset_id, version, parent_version_id, record_schema, created_by)
select
  d.workspace_id,
  d.id,
  1 + coalesce(
    (
      select max(v.version)
      from dataset_versions v
      where v.workspace_id = @workspace_id and v.dataset_id = d.id
    ),
    0
  ),
  sqlc.narg(parent_version_id),
  sqlc.narg(record_schema)::jsonb,
  @created_by
from datasets d
where d.workspace_id = @workspace_id and d.id = @dataset_id and d.deleted_at is null
returning *;

-- name: AddDatasetVersionFiles :copyfrom
-- While the version is being built; afterwards it keeps the files that it has.
insert into dataset_version_files (workspace_id, dataset_version_id, file_id, position, record_count)
values ($1, $2, $3, $4, $5);

-- name: FinishDatasetVersion :one
-- The version becomes ready, with the totals of its files. No row while one of them is not stored, or when it is not
-- being built.
update dataset_versions v
set status = 'ready', ready_at = now()
where v.workspace_id = @workspace_id
  and v.id = @id
  and v.status = 'building'
  and not exists (
    select from dataset_version_files d
    join files f on f.workspace_id = d.workspace_id and f.id = d.file_id
    where d.workspace_id = @workspace_id and f.workspace_id = @workspace_id
      and d.dataset_version_id = @id and f.status <> 'stored'
  )
returning v.*;

-- name: FailDatasetVersion :execrows
-- Ends the building of a version, with the reason.
update dataset_versions
set status = 'failed', error = @error
where workspace_id = @workspace_id and id = @id and status = 'building';

-- name: GetDatasetVersionTree :one
-- A version with its dataset and its files, as one document; the status shows those that are quarantined.
select
  v.id,
  v.version,
  v.status,
  jsonb_build_object(
    'id', d.id, 'slug', d.slug, 'name', d.name, 'classification', d.classification
  ) as dataset,
  (
    select coalesce(
      json_agg(
        json_build_object(
          'file_id', f.id, 'name', f.name, 'status', f.status, 'size_bytes', f.size_bytes,
          'record_count', x.record_count
        )
        order by x.position
      ),
      '[]'
    )
    from dataset_version_files x
    join files f on f.workspace_id = x.workspace_id and f.id = x.file_id
    where x.workspace_id = @workspace_id and x.dataset_version_id = v.id
  ) as files
from dataset_versions v
join datasets d on d.workspace_id = v.workspace_id and d.id = v.dataset_id
where v.workspace_id = @workspace_id and v.id = @id;

-- name: ListDatasetLineage :many
-- Where a version comes from: itself, what it was derived from, and so on back.
with recursive lineage as (
  select v.id, v.dataset_id, v.version, v.parent_version_id, v.created_at, 0 as distance
  from dataset_versions v
  where v.workspace_id = @workspace_id and v.id = @id
  union all
  select parent.id, parent.dataset_id, parent.version, parent.parent_version_id, parent.created_at,
    l.distance + 1
  from lineage l
  join dataset_versions parent on parent.workspace_id = @workspace_id and parent.id = l.parent_version_id
)
select l.id, l.version, l.distance, l.created_at, d.id as dataset_id, d.name as dataset_name, d.classification
from lineage l
join datasets d on d.workspace_id = @workspace_id and d.id = l.dataset_id
order by l.distance
limit 1000;
