-- name: CreateIntegration :one
-- A connection that is being made; the secret store has its tokens.
insert into integrations (
  workspace_id, provider, name, configuration, secret_ref, scopes, connected_by, token_expires_at
)
values (
  @workspace_id, @provider, @name, @configuration, @secret_ref, @scopes, @connected_by,
  sqlc.narg(token_expires_at)
)
returning *;

-- name: GetIntegration :one
-- A connection by its id, with the reference to its secret.
select * from integrations
where workspace_id = @workspace_id and id = @id and disconnected_at is null;

-- name: ListIntegrations :many
-- With how far their synchronisation has come; the reference to the secret is left out.
-- @optional provider
select
  i.id,
  i.provider,
  i.name,
  i.status,
  i.last_error,
  i.token_expires_at,
  count(s.resource) as resource_count,
  sum(s.synced_items) as synced_items,
  min(s.synced_at) as oldest_sync_at
from integrations i
left join integration_sync_states s on s.workspace_id = i.workspace_id and s.integration_id = i.id
where i.workspace_id = @workspace_id
  and i.disconnected_at is null
  and i.provider = @provider
group by i.workspace_id, i.id
order by i.provider, i.name
limit 1000;

-- name: ConfigureIntegration :one
-- Sets the given keys and keeps the others.
update integrations
set configuration = configuration || @configuration::jsonb
where workspace_id = @workspace_id and id = @id and disconnected_at is null
returning *;

-- name: SetIntegrationStatus :execrows
-- What a synchronisation, or a renewal of the token, has found; DisconnectIntegration ends a connection.
-- @optional token_expires_at
update integrations
set
  status = @status,
  last_error = sqlc.narg(last_error),
  token_expires_at = @token_expires_at
where workspace_id = @workspace_id and id = @id and disconnected_at is null
  and @status::integration_status <> 'disconnected';

-- name: DisconnectIntegration :one
-- Gives the reference back, so that the caller can have the secret store forget the secret.
update integrations
set status = 'disconnected', disconnected_at = now(), token_expires_at = null
where workspace_id = @workspace_id and id = @id and disconnected_at is null
returning id, provider, secret_ref;

-- name: ListIntegrationsToRenew :many
-- For the scheduler, across tenants: connections whose token expires within the given time.
-- @role solitude_worker
select i.workspace_id, i.id, i.provider, i.secret_ref, i.token_expires_at
from integrations i
join live_workspaces w on w.id = i.workspace_id
where i.status in ('connected', 'degraded') and i.token_expires_at < now() + @within::interval
order by i.token_expires_at
limit @batch_size;

-- name: FindIntegrationsByConfiguration :many
-- Which connection a webhook is for, for example by {"tenant_id": "..."}.
select id, provider, name, status, configuration
from integrations
where workspace_id = @workspace_id and configuration @> @configuration::jsonb and disconnected_at is null
limit 1000;

-- name: RecordIntegrationSync :exec
-- A synchronisation that went well moves the cursor on.
insert into integration_sync_states as s (
  workspace_id, integration_id, resource, cursor, synced_items, synced_at
)
values (@workspace_id, @integration_id, @resource, sqlc.narg(cursor), @synced_items, now())
on conflict (workspace_id, integration_id, resource) do update set
  cursor = coalesce(excluded.cursor, s.cursor),
  synced_items = s.synced_items + excluded.synced_items,
  synced_at = excluded.synced_at,
  failed_at = null,
  error = null;

-- name: RecordIntegrationSyncFailure :execresult
-- A synchronisation that failed leaves the cursor where it was.
insert into integration_sync_states (workspace_id, integration_id, resource, failed_at, error)
values (@workspace_id, @integration_id, @resource, now(), @error::text)
on conflict (workspace_id, integration_id, resource)
do update set failed_at = excluded.failed_at, error = excluded.error;

-- name: SetIntegrationResources :execresult
-- Makes the synchronised resources those that the user chose. What was synchronised before keeps its cursor.
merge into integration_sync_states s
using (
  select i.workspace_id, i.id as integration_id, chosen.resource, true as is_chosen
  from integrations i
  cross join unnest(@resources::text[]) as chosen (resource)
  where i.workspace_id = @workspace_id and i.id = @integration_id
  union all
  select known.workspace_id, known.integration_id, known.resource, false
  from integration_sync_states known
  where known.workspace_id = @workspace_id and known.integration_id = @integration_id
    and known.resource <> all (@resources::text[])
) wanted
on s.workspace_id = @workspace_id and s.workspace_id = wanted.workspace_id and s.integration_id = wanted.integration_id
  and s.resource = wanted.resource
when matched and not wanted.is_chosen then delete
when not matched then
  insert (workspace_id, integration_id, resource) values (wanted.workspace_id, wanted.integration_id, wanted.resource);

-- name: ListIntegrationSyncStates :many
-- How far the synchronisation of each resource has come.
select s.*
from integration_sync_states s
where s.workspace_id = @workspace_id and s.integration_id = @integration_id
order by s.resource
limit 1000;
