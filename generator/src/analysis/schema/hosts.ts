/** What the schemas of hosts hold that migrations refer to. */
interface HostSchema {
  readonly sql: string;
}

/** The comment by which the tables that are a host's are known; nobody is to read it. */
export const OF_HOST = "of the host, made by the analysis";

const NOTHING: HostSchema = { sql: "" };

const AUTH: HostSchema = {
  sql: `
create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;
create function auth.role() returns text language sql stable as $$ select null::text $$;
create function auth.email() returns text language sql stable as $$ select null::text $$;
create function auth.jwt() returns jsonb language sql stable as $$ select null::jsonb $$;
create table auth.users (
  instance_id uuid, id uuid primary key, aud varchar(255), role varchar(255), email varchar(255),
  encrypted_password varchar(255), email_confirmed_at timestamptz, invited_at timestamptz,
  confirmation_token varchar(255), confirmation_sent_at timestamptz, recovery_token varchar(255),
  recovery_sent_at timestamptz, email_change_token_new varchar(255), email_change varchar(255),
  email_change_sent_at timestamptz, last_sign_in_at timestamptz, raw_app_meta_data jsonb,
  raw_user_meta_data jsonb, is_super_admin boolean, created_at timestamptz, updated_at timestamptz,
  phone text unique default null, phone_confirmed_at timestamptz, phone_change text default '',
  phone_change_token varchar(255) default '', phone_change_sent_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  email_change_token_current varchar(255) default '', email_change_confirm_status smallint default 0,
  banned_until timestamptz, reauthentication_token varchar(255) default '', reauthentication_sent_at timestamptz,
  is_sso_user boolean not null default false, deleted_at timestamptz, is_anonymous boolean not null default false);
comment on table auth.users is '${OF_HOST}';`,
};

const STORAGE: HostSchema = {
  sql: `
create table storage.buckets (
  id text primary key, name text not null, owner uuid, created_at timestamptz default now(),
  updated_at timestamptz default now(), public boolean default false, avif_autodetection boolean default false,
  file_size_limit bigint, allowed_mime_types text[], owner_id text);
create table storage.objects (
  id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets, name text, owner uuid,
  created_at timestamptz default now(), updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(), metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored, version text, owner_id text,
  user_metadata jsonb);
comment on table storage.buckets is '${OF_HOST}';
comment on table storage.objects is '${OF_HOST}';
create function storage.foldername(name text) returns text[] language sql as $$ select null::text[] $$;
create function storage.filename(name text) returns text language sql as $$ select null::text $$;
create function storage.extension(name text) returns text language sql as $$ select null::text $$;`,
};

/** Supabase's, and those of what Supabase and others install. */
export const HOSTS: Readonly<Record<string, HostSchema>> = {
  auth: AUTH,
  storage: STORAGE,
  cron: NOTHING,
  extensions: NOTHING,
  graphql: NOTHING,
  graphql_public: NOTHING,
  net: NOTHING,
  pgsodium: NOTHING,
  realtime: NOTHING,
  vault: NOTHING,
};

/** Functions of extensions that Supabase has in its schema of them from the beginning, and of which nothing is ever run. */
export const HOST_FUNCTIONS: Readonly<Record<string, { readonly extension: string; readonly sql: string }>> =
  {
    uuid_generate_v1: { extension: "uuid-ossp", sql: "() returns uuid" },
    uuid_generate_v4: { extension: "uuid-ossp", sql: "() returns uuid" },
    gen_random_bytes: { extension: "pgcrypto", sql: "(int) returns bytea" },
    gen_random_uuid: { extension: "pgcrypto", sql: "() returns uuid" },
    gen_salt: { extension: "pgcrypto", sql: "(text) returns text" },
    crypt: { extension: "pgcrypto", sql: "(text, text) returns text" },
    digest: { extension: "pgcrypto", sql: "(text, text) returns bytea" },
    hmac: { extension: "pgcrypto", sql: "(text, text, text) returns bytea" },
  };

/** Publications that are there from the beginning. */
export const HOST_PUBLICATIONS: ReadonlySet<string> = new Set(["supabase_realtime"]);

/** Extensions that bring a language, which a function's types need only by name. */
export const LANGUAGES: ReadonlySet<string> = new Set([
  "plcoffee",
  "pljava",
  "plls",
  "pllua",
  "plluau",
  "plperl",
  "plperlu",
  "plprql",
  "plpython2u",
  "plpython3u",
  "plpythonu",
  "plr",
  "plrust",
  "plsh",
  "pltcl",
  "pltclu",
  "plv8",
]);
