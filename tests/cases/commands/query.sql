-- name: GetAuthor :one
-- Gets one author, or null.
-- Ends a comment: */
select * from authors where id = $1;

/* name: ListAuthors :many */
select * from authors order by name;

/*
 * Several lines of words
 * about the statement.
 *
 * name: CreateAuthor :one
 */
insert into authors (name, bio) values ($1, $2) returning *;

-- name: DeleteAuthor :exec
delete from authors where id = $1;

-- name: CountDeleted :execrows
delete from authors where name = any(sqlc.slice(names));

-- name: UpdateBio :execresult
update authors set bio = $2 where id = $1;

-- name: CopyLog :copyfrom
insert into log (id, note) values ($1, $2);

-- name: CopyOne :copyfrom
insert into log (id) values ($1);

-- name: DeleteMany :batchexec
delete from authors where id = $1;

-- name: GetMany :batchone
select id, name from authors where id = $1;

-- name: ListMany :batchmany
select id, bio from authors where name = $1 or bio = $2;

-- name: Nothing :exec
select 1 where false;

-- name: NoColumns :many
select from authors;

-- name: Analyze :exec
analyze authors;

-- name: Explained :many
explain (costs off) select * from authors;

-- name: ShowZone :one
show timezone;

-- name: Listen :exec
listen changes;

-- name: Merge :execrows
merge into authors a using log l on a.id = l.id when matched then update set bio = l.note when not matched then do nothing;
