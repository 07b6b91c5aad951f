-- migrate:up

create type user_status as enum ('pending', 'active', 'suspended', 'deleted');

create table users (
  id uuid primary key default gen_random_uuid(),
  email email_address not null,
  status user_status not null default 'pending',
  email_verified_at timestamptz,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint users_deleted_at_check check ((status = 'deleted') = (deleted_at is not null))
);
comment on table users is 'A person who can sign in. What others see of them is in user_profiles.';
comment on column users.status is 'A user is pending until the e-mail address is verified.';
comment on column users.deleted_at is
  'Deleted users keep their row, because audit logs and reviews still point at it.';

-- A deleted account gives its address free.
create unique index users_email_key on users (email) where deleted_at is null;
create index users_created_at_idx on users (created_at desc, id desc);

create trigger touch_updated_at before update on users
  for each row execute function touch_updated_at();

create table user_profiles (
  user_id uuid primary key references users (id) on delete cascade,
  display_name text not null,
  search_name text not null generated always as (lower(display_name)) stored,
  headline text,
  bio text,
  avatar_url text,
  locale text not null default 'en',
  time_zone text not null default 'UTC',
  links text[] not null default '{}',
  preferences json_document not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint user_profiles_display_name_check check (length(btrim(display_name)) between 1 and 120),
  constraint user_profiles_locale_check check (locale ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  constraint user_profiles_links_check check (cardinality(links) <= 10)
);
comment on table user_profiles is 'What other people see of a user, and the user''s own preferences.';
comment on column user_profiles.search_name is 'The display name in lower case, for look-ups by prefix.';
comment on column user_profiles.time_zone is 'An IANA time zone name.';

create index user_profiles_search_name_idx on user_profiles (search_name text_pattern_ops);

create trigger touch_updated_at before update on user_profiles
  for each row execute function touch_updated_at();

-- migrate:down

drop table user_profiles;
drop table users;
drop type user_status;
