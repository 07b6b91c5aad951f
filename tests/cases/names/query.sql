-- name: ListOrders :many
select * from "Odd Schema"."Order";

-- name: Delete :exec
delete from "class" where "default" = @default and "new" = @new;

-- name: import :many
select "class".*, 1 as "?column?", 2, 3, 4 as id, 'x' as "toString" from "class";

-- name: Await :one
select 1 as "await", 2 as "a b", 3 as "a.b", 4 as "_", 5 as "ÅÄÖ", 6 as "日本", 7 as "a'b", 8 as "0", 9 as "valueOf", 10 as "hasOwnProperty";

-- name: getClass :one
select id, "new" from class where id = @class;

-- name: Promise :many
select * from promise;

-- name: Client :many
select client.*, promise.* from client join promise using (id);

-- name: ListPeople :many
select person.id, people.id, p.id, data.id, news.id, statuses.id from person, people, other.person p, data, news, statuses;

-- name: ListUses :many
select * from uses where e = @e and i = any(sqlc.slice(i));

-- name: Parameters :one
select @args::int as args, @client::int as client, @row::text as row, @codec::text as codec, @result::text as result, @class::int as "class", @__proto__::int as proto;

-- name: aggregates :one
select count(*), count(id), sum(id), max(id), min(id), coalesce(max(id), 0), exists (select 1), case when true then 1 end, array[1], (select 5) from class;

-- name: Ünïcode :one
select 1 as n;

-- name: get_snake_case :one
select 1 as snake_case;
