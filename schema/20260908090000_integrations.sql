-- migrate:up

create type integration_status as enum ('connecting', 'connected', 'degraded', 'disconnected');

create table integrations (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  provider text not null,
  name text not null,
  configuration json_document not null default '{}',
  secret_ref secret_reference not null,
  scopes text[] not null default '{}',
  status integration_status not null default 'connecting',
  last_error text,
  connected_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  token_expires_at timestamptz,
  disconnected_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, provider, name),
  constraint integrations_provider_check
    check (provider in (
      'microsoft_outlook', 'microsoft_teams', 'google_workspace', 'slack', 'github', 'http'
    )),
  constraint integrations_configuration_check
    check (not configuration ?| array[
      'password', 'secret', 'client_secret', 'token', 'access_token', 'refresh_token'
    ]),
  constraint integrations_disconnected_check check ((status = 'disconnected') = (disconnected_at is not null))
);
comment on table integrations is
  'A connection to another service. The data that it brings is kept in MongoDB.';
comment on column integrations.configuration is
  'Settings without secrets; keys that look like a secret are refused.';
comment on column integrations.secret_ref is 'Where the secret store keeps the tokens.';
comment on column integrations.token_expires_at is 'When the stored token must have been renewed.';

create index integrations_token_expires_at_idx on integrations (token_expires_at)
  where status in ('connected', 'degraded');
create index integrations_configuration_idx on integrations using gin (configuration jsonb_path_ops);

create trigger touch_updated_at before update on integrations
  for each row execute function touch_updated_at();

create table integration_sync_states (
  workspace_id uuid not null,
  integration_id uuid not null,
  resource text not null,
  cursor text,
  synced_items bigint not null default 0,
  synced_at timestamptz,
  failed_at timestamptz,
  error text,
  primary key (workspace_id, integration_id, resource),
  foreign key (workspace_id, integration_id) references integrations (workspace_id, id) on delete cascade
);
comment on table integration_sync_states is
  'How far the synchronisation of each resource of an integration has come.';
comment on column integration_sync_states.resource is
  'What is read, in the provider''s terms: mail, calendar, channel:C024…';
comment on column integration_sync_states.cursor is
  'Where the next synchronisation starts: the provider''s delta token.';

-- migrate:down

drop table integration_sync_states;
drop table integrations;
drop type integration_status;
