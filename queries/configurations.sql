-- name: SetConfiguration :one
-- Writes a new version of a setting and puts it in force; a setting that is new comes into being. Counting up
-- the setting's own row puts writers in a queue, so numbers have no gaps. No row when the setting is locked.
with setting as (
  insert into configurations as c (workspace_id, key, latest_version, current_version)
  values (@workspace_id, @key, 1, 1)
  on conflict (workspace_id, key) do update
  set latest_version = c.latest_version + 1, current_version = c.latest_version + 1
  where not c.is_locked
  returning c.id, c.key, c.current_version
), new_version as (
  insert into configuration_versions (workspace_id, configuration_id, version, value, note, created_by)
  select @workspace_id, s.id, s.current_version, @value::jsonb, sqlc.narg(note), @created_by
  from setting s
  returning configuration_id, version, value, created_at
)
select s.id, s.key, n.version, n.value, n.created_at
from setting s
join new_version n on n.configuration_id = s.id;

-- name: GetConfiguration :one
-- A setting as it is in force; its value is null where the built-in default is.
select key, current_version, value, changed_by, changed_at
from effective_configurations
where workspace_id = @workspace_id and key = @key;

-- name: ListConfigurations :many
-- All settings below a prefix: 'jobs' finds jobs.retention.days.
select e.key, e.current_version, e.value, e.changed_at, p.display_name as changed_by_name
from effective_configurations e
left join user_profiles p on p.user_id = e.changed_by
where e.workspace_id = @workspace_id
  and (e.key = @prefix or starts_with(e.key, @prefix || '.'))
order by e.key
limit 1000;

-- name: GetConfigurationDocument :one
-- Every setting in force as one object, for a worker that starts. Null values are built-in defaults and left
-- out.
select coalesce(jsonb_object_agg(key, value) filter (where value is not null), '{}') as settings
from effective_configurations
where workspace_id = @workspace_id;

-- name: ListConfigurationVersions :many
-- The history of a setting, each version with the value before it.
select v.version, v.value, lag(v.value) over (order by v.version) as previous_value, v.note, v.created_at,
  p.display_name as created_by_name, (v.version = c.current_version) as is_current
from configurations c
join configuration_versions v on v.workspace_id = c.workspace_id and v.configuration_id = c.id
left join user_profiles p on p.user_id = v.created_by
where c.workspace_id = @workspace_id and c.key = @key
order by v.version desc
limit @page_size;

-- name: RollBackConfiguration :one
-- Puts an earlier version in force. It stays what it is, so going back and forth leaves the history alone.
update configurations c
set current_version = v.version
from configuration_versions v
where c.workspace_id = @workspace_id
  and c.key = @key
  and not c.is_locked
  and v.workspace_id = c.workspace_id
  and v.configuration_id = c.id
  and v.version = @version
returning c.id, c.key, v.version, v.value;

-- name: SetConfigurationLock :execrows
-- Whether a setting changes by an approval only.
update configurations
set is_locked = @is_locked
where workspace_id = @workspace_id and key = @key;

-- name: DefineConfiguration :one
-- Describes a setting and what its values must look like.
insert into configurations (workspace_id, key, description, value_schema)
values (@workspace_id, @key, @description, sqlc.narg(value_schema))
on conflict (workspace_id, key)
do update set description = excluded.description, value_schema = excluded.value_schema
returning *;

-- name: ProposeConfiguration :one
-- Writes a version of a setting that is not in force yet, whether the setting is locked or not. An approval request about
-- its id puts it in force when it is approved.
with setting as (
  update configurations c
  set latest_version = c.latest_version + 1
  where c.workspace_id = @workspace_id and c.key = @key
  returning c.id, c.latest_version
)
insert into configuration_versions (workspace_id, configuration_id, version, id, value, note, created_by)
select @workspace_id, s.id, s.latest_version, gen_random_uuid(), @value::jsonb, sqlc.narg(note), @created_by::uuid
from setting s
returning id, version, value, created_at;
