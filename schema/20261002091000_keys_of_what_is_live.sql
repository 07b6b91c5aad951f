-- solitude-gen-ignore-file work-after-lock these tables are built in a moment; nobody waits longer for three than for one

-- migrate:up

set local lock_timeout = '5s';

-- solitude-gen-ignore unique-on-existing 20261002090500 has left one of each
-- solitude-gen-ignore index-not-concurrent reviews are few, and writing one may wait for a moment
create unique index reviews_author_key on reviews (listing_id, author_id);
-- solitude-gen-ignore index-not-concurrent what has expired is purged, so that what is there is built in a moment
create index sessions_user_idx on sessions (user_id);
-- solitude-gen-ignore index-not-concurrent what has expired is purged, so that what is there is built in a moment
create index user_tokens_user_idx on user_tokens (user_id);

-- migrate:down

drop index user_tokens_user_idx;
drop index sessions_user_idx;
drop index reviews_author_key;
