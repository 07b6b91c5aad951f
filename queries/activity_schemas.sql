-- name: CreateActivitySchema :one
-- A kind of activity, without a version yet.
insert into activity_schemas (workspace_id, slug, name, description, compatibility, created_by)
values (@workspace_id, @slug, @name, @description, @compatibility, @created_by)
returning *;

-- name: AddActivitySchemaVersion :one
-- The next version. Counting up the schema's own row puts writers in a queue, so numbers have no gaps. A
-- schema that is the same as the latest one makes no version and gives no row.
with bumped as (
  update activity_schemas s
  set latest_version = s.latest_version + 1
  where s.workspace_id = @workspace_id
    and s.id = @activity_schema_id
    and not exists (
      select from activity_schema_versions v
      where v.workspace_id = @workspace_id
        and v.activity_schema_id = s.id
        and v.version = s.latest_version
        and v.checksum = @checksum
    )
  returning s.id, s.latest_version
)
insert into activity_schema_versions (
  workspace_id, activity_schema_id, version, json_schema, required_fields, checksum, created_by
)
select @workspace_id, b.id, b.latest_version, @json_schema::jsonb, @required_fields::text[], @checksum,
  @created_by::uuid
from bumped b
returning *;

-- name: GetActivitySchemaVersion :one
-- What activity documents are validated against. Without a version, the latest that is not retired.
select v.*
from activity_schema_versions v
where v.workspace_id = @workspace_id
  and v.activity_schema_id = @activity_schema_id
  and (v.version = sqlc.narg(version) or sqlc.narg(version)::integer is null and v.retired_at is null)
order by v.version desc
limit 1;

-- name: ListActivitySchemas :many
-- By name, each with when its latest version was made.
select sqlc.embed(schema), v.checksum as latest_checksum, v.created_at as latest_version_at
from activity_schemas schema
left join activity_schema_versions v
  on v.workspace_id = schema.workspace_id and v.activity_schema_id = schema.id and v.version = schema.latest_version
where schema.workspace_id = @workspace_id
order by schema.name, schema.id
limit 1000;

-- name: ListActivitySchemaVersions :many
-- With the fields that each version newly requires, which is what breaks writers.
select
  v.version,
  v.required_fields,
  v.created_at,
  v.retired_at,
  array(
    select field
    from unnest(v.required_fields) as field
    where field <> all(coalesce(v.earlier_fields, '{}'))
    order by field
  ) as newly_required_fields
from (
  select a.*, lag(a.required_fields) over (order by a.version) as earlier_fields
  from activity_schema_versions a
  where a.workspace_id = @workspace_id and a.activity_schema_id = @activity_schema_id
) v
order by v.version desc
limit 1000;

-- name: RetireActivitySchemaVersion :execrows
-- No new activity is held against it; those that are there keep it.
update activity_schema_versions
set retired_at = now()
where workspace_id = @workspace_id
  and activity_schema_id = @activity_schema_id
  and version = @version
  and retired_at is null;

-- name: GetActivitySchemaVersions :batchmany
-- The versions of many schemas, when a worker fills its cache.
select activity_schema_id, version, json_schema
from activity_schema_versions
where workspace_id = @workspace_id and activity_schema_id = @activity_schema_id and retired_at is null
order by version desc
limit 1000;
