-- How a user proves who they are. Only hashes and public keys are stored here.

-- migrate:up

create table credentials (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  kind text not null,
  issuer text,
  subject text,
  secret_hash text,
  public_key bytea,
  sign_count bigint not null default 0,
  failed_attempts integer not null default 0,
  locked_until timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revoked_at timestamptz,
  constraint credentials_kind_check check (kind in ('password', 'webauthn', 'oauth', 'recovery_code')),
  constraint credentials_secret_hash_check check (secret_hash ~ '^\$argon2id\$'),
  constraint credentials_failed_attempts_check check (failed_attempts >= 0),
  constraint credentials_parts_check check (
    case kind
      when 'password' then secret_hash is not null and public_key is null
      when 'recovery_code' then secret_hash is not null and public_key is null
      when 'webauthn' then subject is not null and public_key is not null and secret_hash is null
      when 'oauth' then issuer is not null and subject is not null and secret_hash is null
    end
  )
);
comment on table credentials is 'The ways in which a user can sign in.';
comment on column credentials.issuer is 'The identity provider of an oauth credential.';
comment on column credentials.subject is
  'The user''s id at the issuer, or the id of the webauthn authenticator.';
comment on column credentials.secret_hash is 'An argon2id hash in its encoded form, with its salt and cost.';
comment on column credentials.sign_count is
  'Webauthn: a counter that must rise; one that falls means a cloned authenticator.';

create unique index credentials_password_key on credentials (user_id)
  where kind = 'password' and revoked_at is null;
create unique index credentials_subject_key on credentials (kind, issuer, subject) nulls not distinct
  where subject is not null and revoked_at is null;
create index credentials_user_id_idx on credentials (user_id);

create trigger touch_updated_at before update on credentials
  for each row execute function touch_updated_at();

create table sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  token_hash sha256_digest not null unique,
  ip_address inet,
  user_agent text,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason text,
  constraint sessions_expires_at_check check (expires_at > created_at),
  constraint sessions_revoked_reason_check
    check (revoked_reason in ('signed_out', 'password_changed', 'administrator', 'suspicious')),
  constraint sessions_revoked_check check ((revoked_at is null) = (revoked_reason is null))
);
comment on table sessions is 'A signed-in browser or device.';
comment on column sessions.token_hash is
  'The hash of the session token. The token itself is only ever in the cookie.';

create index sessions_user_id_idx on sessions (user_id, last_used_at desc) where revoked_at is null;
create index sessions_expires_at_idx on sessions (expires_at);

create table user_tokens (
  token_hash sha256_digest primary key,
  user_id uuid not null references users (id) on delete cascade,
  purpose text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint user_tokens_purpose_check check (purpose in ('verify_email', 'reset_password', 'change_email')),
  constraint user_tokens_expires_at_check check (expires_at > created_at)
);
comment on table user_tokens is 'Links sent by e-mail that work once.';

create index user_tokens_user_id_idx on user_tokens (user_id, purpose) where used_at is null;

-- migrate:down

drop table user_tokens;
drop table sessions;
drop table credentials;
