-- +goose Up
create table t (id int primary key, user_name text);
-- +goose Down
drop table t;
