-- migrate:up

create type dataset_version_status as enum ('building', 'ready', 'failed');

create table datasets (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  slug url_slug not null,
  name text not null,
  description text not null default '',
  classification text not null default 'internal',
  tags text[] not null default '{}',
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (workspace_id, id),
  constraint datasets_classification_check
    check (classification in ('public', 'internal', 'confidential', 'restricted'))
);
comment on table datasets is 'A named body of data that agents work on.';
comment on column datasets.classification is 'How far its contents may travel.';

create unique index datasets_slug_key on datasets (workspace_id, slug) where deleted_at is null;
create index datasets_tags_idx on datasets using gin (tags);

create trigger touch_updated_at before update on datasets
  for each row execute function touch_updated_at();

create table dataset_versions (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  dataset_id uuid not null,
  version integer not null,
  parent_version_id uuid,
  status dataset_version_status not null default 'building',
  record_count bigint,
  size_bytes bigint,
  record_schema json_document,
  error text,
  created_by uuid not null references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  ready_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, dataset_id, version),
  foreign key (workspace_id, dataset_id) references datasets (workspace_id, id) on delete cascade,
  foreign key (workspace_id, parent_version_id) references dataset_versions (workspace_id, id),
  constraint dataset_versions_version_check check (version > 0),
  constraint dataset_versions_counts_check check (record_count >= 0 and size_bytes >= 0),
  constraint dataset_versions_ready_check check ((status = 'ready') = (ready_at is not null)),
  constraint dataset_versions_error_check check (status = 'failed' or error is null)
);
comment on table dataset_versions is 'What a dataset held at one time.';
comment on column dataset_versions.parent_version_id is
  'The version that this one was derived from, perhaps of another dataset.';

create index dataset_versions_parent_idx on dataset_versions (workspace_id, parent_version_id)
  where parent_version_id is not null;

create trigger touch_updated_at before update on dataset_versions
  for each row execute function touch_updated_at();

create table dataset_version_files (
  workspace_id uuid not null,
  dataset_version_id uuid not null,
  file_id uuid not null,
  position integer not null,
  record_count bigint,
  primary key (workspace_id, dataset_version_id, file_id),
  -- Deferred, so that the files of a version can be put into another order.
  unique (workspace_id, dataset_version_id, position) deferrable initially deferred,
  foreign key (workspace_id, dataset_version_id)
    references dataset_versions (workspace_id, id) on delete cascade,
  foreign key (workspace_id, file_id) references files (workspace_id, id)
);
comment on table dataset_version_files is 'The files that make up a version of a dataset, in their order.';

create index dataset_version_files_file_idx on dataset_version_files (workspace_id, file_id);

-- migrate:down

drop table dataset_version_files;
drop table dataset_versions;
drop table datasets;
drop type dataset_version_status;
