-- migrate:up

create type agent_status as enum ('draft', 'active', 'archived');
create type version_status as enum ('draft', 'published', 'deprecated');

create table agents (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  slug url_slug not null,
  name text not null,
  description text not null default '',
  status agent_status not null default 'draft',
  current_version_id uuid,
  labels json_document not null default '{}',
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, slug),
  constraint agents_archived_check check ((status = 'archived') = (archived_at is not null))
);
comment on table agents is 'An agent that a workspace builds.';
comment on column agents.current_version_id is
  'The published version that new jobs run; null until one is published.';

create index agents_created_at_idx on agents (workspace_id, created_at desc, id desc)
  where archived_at is null;

create trigger touch_updated_at before update on agents
  for each row execute function touch_updated_at();

create table agent_versions (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  agent_id uuid not null,
  version semantic_version not null,
  version_order integer[] not null generated always as (semantic_version_order(version)) stored,
  status version_status not null default 'draft',
  model text not null,
  instructions text not null,
  instructions_sha256 sha256_digest not null generated always as (text_sha256(instructions)) stored,
  parameters json_document not null default '{}',
  limits run_limits,
  input_schema json_document,
  output_schema json_document,
  release_notes text,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  published_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, agent_id, version),
  -- What agents.current_version_id refers to, so that it can only be a version of the same agent.
  unique (workspace_id, agent_id, id),
  foreign key (workspace_id, agent_id) references agents (workspace_id, id) on delete cascade,
  constraint agent_versions_published_check check ((status = 'draft') = (published_at is null))
);
comment on table agent_versions is
  'What an agent is at one version: its model, its instructions, its limits.';
comment on column agent_versions.version_order is 'The version as numbers, to sort by.';
comment on column agent_versions.instructions_sha256 is
  'Shows whether two versions differ in their instructions.';

create index agent_versions_order_idx on agent_versions (workspace_id, agent_id, version_order desc);

create trigger touch_updated_at before update on agent_versions
  for each row execute function touch_updated_at();

alter table agents
  add constraint agents_current_version_fkey
  foreign key (workspace_id, id, current_version_id) references agent_versions (workspace_id, agent_id, id)
  on delete set null (current_version_id);

-- Workspaces install what was published, so it must stay what it was: only deprecating it is possible.
create function refuse_published_version_change() returns trigger
language plpgsql as $$
begin
  -- Everything but the status, the time of the change, and generated columns, which are not set yet.
  if to_jsonb(new) - array['status', 'updated_at', 'version_order', 'instructions_sha256']
      <> to_jsonb(old) - array['status', 'updated_at', 'version_order', 'instructions_sha256']
    or new.status = 'draft'
  then
    raise exception 'version % of agent % is published and cannot change', old.version, old.agent_id
      using errcode = 'integrity_constraint_violation', hint = 'Create a new version.';
  end if;
  return new;
end
$$;
comment on function refuse_published_version_change() is 'Trigger: a published version stays what it was.';

create trigger refuse_published_version_change before update on agent_versions
  for each row when (old.status <> 'draft')
  execute function refuse_published_version_change();

create table agent_version_tools (
  workspace_id uuid not null,
  agent_version_id uuid not null,
  tool_version_id uuid not null,
  alias text,
  settings json_document not null default '{}',
  requires_approval boolean not null default false,
  primary key (workspace_id, agent_version_id, tool_version_id),
  foreign key (workspace_id, agent_version_id) references agent_versions (workspace_id, id) on delete cascade,
  foreign key (workspace_id, tool_version_id) references tool_versions (workspace_id, id)
);
comment on table agent_version_tools is 'The tools that a version of an agent may call.';
comment on column agent_version_tools.alias is
  'The name under which the model sees the tool; null is the tool''s own.';
comment on column agent_version_tools.requires_approval is 'Whether a person must agree before each call.';

create index agent_version_tools_tool_idx on agent_version_tools (workspace_id, tool_version_id);

create function refuse_published_version_tool_change() returns trigger
language plpgsql as $$
begin
  if exists (
    select from agent_versions v
    where v.workspace_id = coalesce(new.workspace_id, old.workspace_id)
      and v.id in (new.agent_version_id, old.agent_version_id)
      and v.status <> 'draft'
  ) then
    raise exception 'the tools of a published version cannot change'
      using errcode = 'integrity_constraint_violation', hint = 'Create a new version.';
  end if;
  return coalesce(new, old);
end
$$;
comment on function refuse_published_version_tool_change() is 'Trigger: a published version keeps its tools.';

create trigger refuse_published_version_tool_change before insert or update or delete on agent_version_tools
  for each row execute function refuse_published_version_tool_change();

create view current_agents with (security_invoker = true) as
select
  a.workspace_id,
  a.id as agent_id,
  a.slug,
  a.name,
  a.description,
  a.status,
  v.id as version_id,
  v.version,
  v.model,
  v.published_at
from agents a
left join agent_versions v on v.workspace_id = a.workspace_id and v.id = a.current_version_id
where a.archived_at is null;
comment on view current_agents is
  'Agents with the version that new jobs run; the version is null until one is published.';

-- migrate:down

drop view current_agents;
drop table agent_version_tools;
drop function refuse_published_version_tool_change();
alter table agents drop constraint agents_current_version_fkey;
drop table agent_versions;
drop function refuse_published_version_change();
drop table agents;
drop type version_status;
drop type agent_status;
