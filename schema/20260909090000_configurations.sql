-- Structured configuration of a workspace. Every change is a new version, so that a bad one can be taken
-- back.

-- migrate:up

create table configurations (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  key text not null,
  description text not null default '',
  value_schema json_document,
  latest_version integer not null default 0,
  current_version integer,
  is_locked boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, key),
  constraint configurations_key_check check (key ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$'),
  constraint configurations_version_check check (current_version between 1 and latest_version)
);
comment on table configurations is 'A setting of a workspace.';
comment on column configurations.key is
  'The name of the setting, with dots between its parts: jobs.retention.days.';
comment on column configurations.value_schema is 'The JSON schema of its values; null allows any.';
comment on column configurations.latest_version is 'The highest version that exists; 0 is none yet.';
comment on column configurations.current_version is
  'The version that is in force; null means that the built-in default is.';
comment on column configurations.is_locked is 'Whether it can only be changed through an approval.';

create trigger touch_updated_at before update on configurations
  for each row execute function touch_updated_at();

create table configuration_versions (
  workspace_id uuid not null,
  configuration_id uuid not null,
  version integer not null,
  value jsonb not null,
  note text,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  primary key (workspace_id, configuration_id, version),
  foreign key (workspace_id, configuration_id) references configurations (workspace_id, id) on delete cascade,
  constraint configuration_versions_version_check check (version > 0)
);
comment on table configuration_versions is 'The values that a setting had. They never change.';

alter table configurations
  add constraint configurations_current_version_fkey
  foreign key (workspace_id, id, current_version)
  references configuration_versions (workspace_id, configuration_id, version)
  deferrable initially deferred;

create view effective_configurations with (security_invoker = true) as
select
  c.workspace_id,
  c.id as configuration_id,
  c.key,
  c.current_version,
  v.value,
  v.created_by as changed_by,
  v.created_at as changed_at
from configurations c
left join configuration_versions v
  on v.workspace_id = c.workspace_id and v.configuration_id = c.id and v.version = c.current_version;
comment on view effective_configurations is 'The settings in force; a null value means the built-in default.';

-- migrate:down

drop view effective_configurations;
alter table configurations drop constraint configurations_current_version_fkey;
drop table configuration_versions;
drop table configurations;
