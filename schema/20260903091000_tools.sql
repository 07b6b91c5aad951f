-- migrate:up

create table tool_definitions (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  slug url_slug not null,
  name text not null,
  description text not null default '',
  transport text not null,
  tags text[] not null default '{}',
  is_enabled boolean not null default true,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, slug),
  constraint tool_definitions_transport_check check (transport in ('http', 'mcp', 'grpc', 'builtin'))
);
comment on table tool_definitions is 'Something that an agent can call.';
comment on column tool_definitions.description is
  'Read by the models when they choose a tool, so it is written for them.';

create index tool_definitions_tags_idx on tool_definitions using gin (tags);

create trigger touch_updated_at before update on tool_definitions
  for each row execute function touch_updated_at();

create table tool_versions (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  tool_id uuid not null,
  version integer not null,
  input_schema json_document not null,
  output_schema json_document,
  endpoint text,
  secret_ref secret_reference,
  timeout_seconds integer not null default 30,
  is_idempotent boolean not null default false,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  deprecated_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, tool_id, version),
  foreign key (workspace_id, tool_id) references tool_definitions (workspace_id, id) on delete cascade,
  constraint tool_versions_version_check check (version > 0),
  constraint tool_versions_timeout_check check (timeout_seconds between 1 and 900)
);
comment on table tool_versions is
  'What a tool takes and gives. A version never changes; a change is a new version.';
comment on column tool_versions.secret_ref is 'Where the credentials for the endpoint are kept.';
comment on column tool_versions.is_idempotent is 'Whether a failed call may simply be made again.';

-- migrate:down

drop table tool_versions;
drop table tool_definitions;
