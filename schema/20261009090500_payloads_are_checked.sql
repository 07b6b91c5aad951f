-- What the constraint before it allowed, it allows.

-- migrate:up

set local lock_timeout = '5s';
alter table files validate constraint files_storage_check;

-- migrate:down
