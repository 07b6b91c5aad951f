-- name: ListItems :many
select * from items;

-- name: ListLabelled :many
select *, upper(kind) as loud, coalesce(opt, 'none') as filled from labelled;

-- name: ByKind :many
select id, kind from items where kind = @kind and opt = @opt and level = @level and padded = @padded and kind = any(sqlc.slice(kinds));

-- name: BySize :many
select id, size, json_build_object('size', size, 'far', far, 'step', step, 'grade', grade) as j, case size when 1 then 's' when 2 then 'm' when 3 then 'l' end as letter, size + 1 as more from items where size = @size and grade = any(@grades) and far is not distinct from @far and step > @step;

-- name: Outer :many
select a.id, b.kind from items a left join items b on b.id = a.id + 1;

-- name: Grouped :many
select kind, count(*) as n, array_agg(kind) as kinds, max(kind) as top from items group by kind;

-- name: SetKind :execrows
update items set kind = @kind, opt = @opt, size = @size where id = @id;
