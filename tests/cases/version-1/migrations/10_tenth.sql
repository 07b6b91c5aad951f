-- +goose Up
alter table t alter column added_later set not null;
-- +goose Down
alter table t alter column added_later drop not null;
