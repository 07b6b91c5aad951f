-- name: AddBook :one
insert into books (title) values (@title) returning id, title;

-- name: ListBooks :many
select id, title from books order by id;
