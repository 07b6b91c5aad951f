-- name: GetArtist :one
select * from artist where id = @id;

-- name: List :many
select id, plays, born, "camelCase", spotify_url, matrix, settings from artist;

-- name: Totals :one
select sum(plays) as total, max(born) as newest, count(*) as n, avg(fee) as mean, array_agg(updated_at) as times from artist;

-- name: Insert :execrows
insert into artist (id, plays, fee, spotify_url, born, updated_at, local, "camelCase", days, plays_by_day) values (@id, @plays, sqlc.narg(fee), @spotify_url, @born, @updated_at, @local, @camel, @days, @plays_by_day);

-- name: ByIds :many
select id from artist where id = any (@ids::uuid[]);
