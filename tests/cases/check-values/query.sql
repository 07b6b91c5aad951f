-- name: ListItems :many
select * from items;

-- name: ListLabelled :many
select *, upper(kind) as loud, coalesce(opt, 'none') as filled from labelled;

-- name: ByKind :many
select id, kind from items where kind = @kind and opt = @opt and level = @level and padded = @padded and kind = any(sqlc.slice(kinds));

-- name: Outer :many
select a.id, b.kind from items a left join items b on b.id = a.id + 1;

-- name: Grouped :many
select kind, count(*) as n, array_agg(kind) as kinds, max(kind) as top from items group by kind;

-- name: SetKind :execrows
update items set kind = @kind, opt = @opt, size = @size where id = @id;
