-- +goose Up
alter table t add column added_later text;
-- +goose StatementBegin
create function double(n int) returns int as $$ begin return n * 2; end $$ language plpgsql;
-- +goose StatementEnd
-- +goose Down
drop table t;
