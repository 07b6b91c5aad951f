-- No index that no query uses: those on tags, metadata and configurations do not begin with the tenant, whose own index is
-- always the shorter way; searches go through listings.document. Links have an index of their user, used or not;
-- a publisher's listings had none.
-- solitude-gen-ignore-file work-after-lock each is gone or built in a moment; nobody waits longer for all than for one

-- migrate:up

set local lock_timeout = '5s';
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index datasets_tags_idx;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index tool_definitions_tags_idx;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index files_metadata_idx;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index integrations_configuration_idx;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index listings_search_idx;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index listings_tags_idx;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index user_tokens_user_id_idx;
-- solitude-gen-ignore index-not-concurrent the catalogue is small
create index listings_publisher_idx on listings (publisher_workspace_id, created_at desc, id desc);

-- migrate:down

drop index listings_publisher_idx;
create index user_tokens_user_id_idx on user_tokens (user_id, purpose) where used_at is null;
create index listings_tags_idx on listings using gin (tags);
create index listings_search_idx on listings using gin (search);
create index integrations_configuration_idx on integrations using gin (configuration jsonb_path_ops);
create index files_metadata_idx on files using gin (metadata jsonb_path_ops);
create index tool_definitions_tags_idx on tool_definitions using gin (tags);
create index datasets_tags_idx on datasets using gin (tags);
