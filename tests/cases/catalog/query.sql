-- name: ListAudit :many
select * from audit;
-- name: ListLatest :many
select * from latest;
-- name: ListBoth :many
select * from both_of;
-- name: ListBase :many
select *, label_of(base), base.label_of from base;
-- name: ListIds :many
select * from ids();
-- name: Ids :many
select ids();
-- name: Find :many
select * from find(@wanted);
-- name: FindRow :many
select find(@wanted) as found;
-- name: CreateGenerated :one
insert into generated_one (a) values (@a) returning *;
-- name: SystemColumns :many
select tableoid::regclass as source, ctid, xmin, id from base;
-- name: InformationSchema :many
select table_name, is_nullable from information_schema.columns limit 2;
-- name: Locks :many
select id from base for update skip locked;
