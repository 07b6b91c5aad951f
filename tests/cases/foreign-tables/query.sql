-- name: Alone :many
select * from alone;

-- name: NotNullOfParent :many
select * from parent;

-- name: CheckOfParent :many
select * from checked;

-- name: InJson :many
select to_json(checked) as j from checked;
