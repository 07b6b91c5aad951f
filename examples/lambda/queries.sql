-- name: CountVisit :one
insert into visits (path, count) values (@path, 1)
on conflict (path) do update set count = visits.count + 1
returning count;
