-- name: ByArg :many
select id from users where email = sqlc.arg(address) and id > sqlc.arg('afterId');

-- name: ByAt :many
select id from users where email = @email and (nick = @nick or nick is null) and id <> @id;

-- name: Twice :many
select id from users where email = @term or nick = @term;

-- name: Optional :many
select id from users where (sqlc.narg(email)::text is null or email = sqlc.narg(email)) and nick is not distinct from sqlc.narg(nick);

-- name: InSlice :many
select id from users where id in (sqlc.slice(ids)) and email not in (sqlc.slice('emails'));

-- name: Positional :many
select id from users where email = $2 and id = $1;

-- name: Mixed :many
select id from users where id = $1 and email = @email;

-- name: SameColumn :many
select id from users where created_at >= $1 and created_at < $2 and id between $3 and $4;

-- name: Page :many
select id from users order by id limit $1 offset $2;

-- name: Unnamed :one
select $1::int + $2::int as sum, $3::text as echo, coalesce($4::text, 'x') as filled;

-- name: Called :many
select id, email from search($1, max_rows => $2);

-- name: Casts :many
select id from users where id = any(@ids::int[]) and email = @email::text and score > @score::numeric::int;

-- name: Upsert :one
insert into users (id, email, nick, tags, score) values (@id, @email, @nick, @tags, @score)
on conflict (id) do update set nick = excluded.nick, score = coalesce(@extra, users.score) returning id, nick;

-- name: Patch :execrows
update users set email = coalesce(sqlc.narg(email), email), nick = case when @set_nick::bool then sqlc.narg(nick) else nick end where id = @id;

-- name: Bulk :many
insert into users (id, email) select * from unnest(@ids::int[], @emails::text[]) returning id;

-- name: Interval :many
select id from users where created_at > now() - make_interval(days => @days) and created_at > now() - @age::interval;

-- name: Pattern :many
select id from users where email like @prefix || '%' and nick ilike concat('%', @part::text, '%') and tags @> @tags and @tag = any(tags);

-- name: RowCompare :many
select id from users where (created_at, id) < (@created_at, @id) and (email, nick) = (@email, @nick);

-- name: Json :one
select jsonb_build_object('id', @id::int, 'tags', @tags::text[]) as doc, @doc::jsonb -> 'a' as a;

-- name: Operators :many
select id from users where tags && @tags and email ~* @pattern and not (id = @id) and -id < @low and id % @n = 0;

-- name: Spelled :one
select '@notparam' as a, '$1' as b, $$ @x $$ as c, "email" as d /* @comment */ from users where id = @id; -- @trailing
