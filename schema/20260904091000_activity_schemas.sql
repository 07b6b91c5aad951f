-- Activity instances are documents in MongoDB. What they must look like is kept here, as versioned JSON
-- schemas.

-- migrate:up

create table activity_schemas (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  slug url_slug not null,
  name text not null,
  description text not null default '',
  compatibility text not null default 'backward',
  latest_version integer not null default 0,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, slug),
  constraint activity_schemas_compatibility_check
    check (compatibility in ('none', 'backward', 'forward', 'full')),
  constraint activity_schemas_latest_version_check check (latest_version >= 0)
);
comment on table activity_schemas is 'A kind of activity, and the rule by which its schema may change.';
comment on column activity_schemas.latest_version is 'The highest version that exists; 0 is none yet.';

create trigger touch_updated_at before update on activity_schemas
  for each row execute function touch_updated_at();

create table activity_schema_versions (
  workspace_id uuid not null,
  activity_schema_id uuid not null,
  version integer not null,
  json_schema json_document not null,
  required_fields text[] not null default '{}',
  checksum sha256_digest not null,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (workspace_id, activity_schema_id, version),
  foreign key (workspace_id, activity_schema_id)
    references activity_schemas (workspace_id, id) on delete cascade,
  constraint activity_schema_versions_version_check check (version > 0)
);
comment on table activity_schema_versions is
  'The JSON schema of an activity at one version. Versions never change.';
comment on column activity_schema_versions.checksum is
  'The hash of the schema, so that an equal one makes no new version.';

create index activity_schema_versions_live_idx
  on activity_schema_versions (workspace_id, activity_schema_id, version desc) where retired_at is null;

-- migrate:down

drop table activity_schema_versions;
drop table activity_schemas;
