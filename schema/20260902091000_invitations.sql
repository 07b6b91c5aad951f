-- migrate:up

create table invitations (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  email email_address not null,
  role workspace_role not null default 'viewer',
  token_hash sha256_digest not null,
  message text,
  invited_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '7 days',
  sent_count integer not null default 1,
  accepted_at timestamptz,
  accepted_by uuid references users (id),
  revoked_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, token_hash),
  constraint invitations_role_check check (role <> 'owner'),
  constraint invitations_accepted_check check ((accepted_at is null) = (accepted_by is null)),
  constraint invitations_outcome_check check (accepted_at is null or revoked_at is null)
);
comment on table invitations is 'Offers to join a workspace.';
comment on column invitations.role is 'Ownership is handed over by an owner, never by a link in a mail.';
comment on column invitations.token_hash is
  'The hash of the token in the link. The link also names the workspace, so that the look-up goes to one '
  'tenant.';

-- One open invitation for an address; sending it again renews it.
create unique index invitations_open_email_key on invitations (workspace_id, email)
  where accepted_at is null and revoked_at is null;
create index invitations_email_idx on invitations (email) where accepted_at is null and revoked_at is null;
create index invitations_created_at_idx on invitations (workspace_id, created_at desc, id desc);

create trigger touch_updated_at before update on invitations
  for each row execute function touch_updated_at();

-- migrate:down

drop table invitations;
