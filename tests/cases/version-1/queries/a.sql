-- name: A :many
select * from t;
