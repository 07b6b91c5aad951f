-- name: CreateAuthor :one
insert into authors (name, bio) values ($1, $2) returning *;

-- name: ListAuthors :many
select id, name from authors where name = any(sqlc.slice('names')) or bio is null order by name;
