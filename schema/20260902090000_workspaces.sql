-- migrate:up

-- In ascending order of power, so that `role >= 'admin'` reads as it should.
create type workspace_role as enum ('viewer', 'editor', 'admin', 'owner');

create table workspaces (
  id uuid primary key default gen_random_uuid(),
  slug url_slug not null unique,
  name text not null,
  plan text not null default 'free',
  seat_limit integer,
  region text not null default 'eu',
  default_limits run_limits,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  constraint workspaces_name_check check (length(btrim(name)) between 1 and 120),
  constraint workspaces_plan_check check (plan in ('free', 'team', 'enterprise')),
  constraint workspaces_region_check check (region in ('eu', 'us', 'ap')),
  constraint workspaces_seat_limit_check check (seat_limit > 0)
);
comment on table workspaces is 'A tenant. Its id leads the keys of everything that belongs to it.';
comment on column workspaces.seat_limit is 'How many members it may have; null is no limit.';
comment on column workspaces.default_limits is
  'What a run may use when the version of the agent does not say.';

create trigger touch_updated_at before update on workspaces
  for each row execute function touch_updated_at();

create table workspace_roles (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  name text not null,
  description text,
  permissions text[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name),
  constraint workspace_roles_permissions_check check (array_position(permissions, null) is null)
);
comment on table workspace_roles is
  'Roles that a workspace defines itself. They add permissions to those of a member''s built-in role.';
comment on column workspace_roles.permissions is
  'Permissions as <subject>.<verb>, for example agents.publish.';

create trigger touch_updated_at before update on workspace_roles
  for each row execute function touch_updated_at();

create table workspace_members (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  user_id uuid not null references users (id),
  role workspace_role not null default 'viewer',
  custom_role_id uuid,
  invited_by uuid references users (id),
  joined_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, user_id),
  foreign key (workspace_id, custom_role_id) references workspace_roles (workspace_id, id)
    on delete set null (custom_role_id)
);
comment on table workspace_members is 'Who belongs to a workspace, and as what.';

create index workspace_members_user_id_idx on workspace_members (user_id) include (role);
create index workspace_members_custom_role_idx on workspace_members (workspace_id, custom_role_id)
  where custom_role_id is not null;

create trigger touch_updated_at before update on workspace_members
  for each row execute function touch_updated_at();

create function built_in_permissions(role workspace_role) returns text[]
language sql immutable strict parallel safe
return
  array['workspace.read', 'agents.read', 'jobs.read', 'datasets.read', 'listings.read']
  || case when role >= 'editor' then
    array['agents.write', 'jobs.run', 'datasets.write', 'tools.write', 'files.write', 'approvals.request']
    else '{}' end
  || case when role >= 'admin' then
    array['agents.publish', 'members.manage', 'integrations.manage', 'configuration.write',
      'approvals.define', 'listings.install', 'listings.publish', 'audit.read']
    else '{}' end
  || case when role >= 'owner' then array['workspace.delete', 'billing.manage'] else '{}' end;
comment on function built_in_permissions(workspace_role) is
  'What a member may do by their built-in role alone.';

-- A workspace whose last owner left could not be managed by anyone. The check waits for the end of the
-- transaction, so that ownership can be handed over in any order; and it lets the workspace itself be
-- deleted.
create function refuse_ownerless_workspace() returns trigger
language plpgsql as $$
begin
  perform from workspaces where id = old.workspace_id for update;
  if found and not exists (
    select from workspace_members where workspace_id = old.workspace_id and role = 'owner'
  ) then
    raise exception 'workspace % must keep an owner', old.workspace_id
      using errcode = 'check_violation', constraint = 'workspace_members_owner_check';
  end if;
  return null;
end
$$;
comment on function refuse_ownerless_workspace() is 'Trigger: a workspace keeps at least one owner.';

create constraint trigger refuse_ownerless_workspace
  after update or delete on workspace_members
  deferrable initially deferred
  for each row
  when (old.role = 'owner')
  execute function refuse_ownerless_workspace();

create view workspace_directory with (security_invoker = true) as
select
  m.workspace_id,
  m.user_id,
  u.email,
  p.display_name,
  p.avatar_url,
  m.role,
  r.id as custom_role_id,
  r.name as custom_role_name,
  built_in_permissions(m.role) || coalesce(r.permissions, '{}') as permissions,
  m.joined_at,
  u.last_seen_at
from workspace_members m
join users u on u.id = m.user_id
left join user_profiles p on p.user_id = m.user_id
left join workspace_roles r on r.workspace_id = m.workspace_id and r.id = m.custom_role_id
where u.deleted_at is null;
comment on view workspace_directory is 'Members with their names and everything that they may do.';

-- migrate:down

drop view workspace_directory;
drop table workspace_members;
drop function refuse_ownerless_workspace();
drop function built_in_permissions(workspace_role);
drop table workspace_roles;
drop table workspaces;
drop type workspace_role;
