-- name: B :many
select id, user_name, double(id) from t;
