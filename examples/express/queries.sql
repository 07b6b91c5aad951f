-- name: CreateNote :one
insert into notes (text) values (@text) returning *;

-- name: ListNotes :many
-- @optional pinned
select id, text, pinned from notes where pinned = @pinned order by id;

-- name: UpdateNote :one
-- @optional text, pinned
update notes set text = @text, pinned = @pinned where id = @id returning *;
