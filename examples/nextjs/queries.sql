-- name: ListGuests :many
select * from guests order by id;

-- name: AddGuest :exec
insert into guests (name) values (@name);

-- name: SetComing :execrows
update guests set is_coming = @is_coming where id = @id;
