-- migrate:up

create table api_keys (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  name text not null,
  prefix text not null,
  key_hash sha256_digest not null,
  scopes text[] not null default '{}',
  allowed_networks cidr[],
  rate_limit_per_minute integer,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, key_hash),
  constraint api_keys_prefix_check check (prefix ~ '^sol_[A-Za-z0-9]{4,12}$'),
  constraint api_keys_rate_limit_check check (rate_limit_per_minute > 0)
);
comment on table api_keys is 'Keys with which programs act for a workspace.';
comment on column api_keys.prefix is 'The start of the key, which people recognise it by. It is no secret.';
comment on column api_keys.key_hash is
  'The hash of the whole key. A key names its workspace, so that the look-up goes to one tenant.';
comment on column api_keys.scopes is 'Permissions of the key, as in workspace_roles.permissions.';
comment on column api_keys.allowed_networks is 'Where calls may come from; null is anywhere.';

create index api_keys_live_idx on api_keys (workspace_id, created_at desc, id desc) where revoked_at is null;

create trigger touch_updated_at before update on api_keys
  for each row execute function touch_updated_at();

-- migrate:down

drop table api_keys;
