-- name: Both :many
select sqlc.embed(b), sqlc.embed(authors) from books b join authors on authors.id = b.author_id;

-- name: MaybeAuthor :many
select books.id, sqlc.embed(authors) from books left join authors on authors.id = books.author_id and authors.name = 'a';

-- name: Sides :many
select sqlc.embed(x), sqlc.embed(y) from authors x full join books y on y.author_id = x.id and y.price > 1;

-- name: NoPresence :many
select authors.id, sqlc.embed(notes) from authors left join notes on notes.book_id = authors.id;

-- name: OfCte :many
with top as (select author_id, max(price) as price from books group by author_id) select sqlc.embed(top), a.name from authors a left join top on top.author_id = a.id;

-- name: OfSubquery :many
select sqlc.embed(s), s.id as again from (select id, upper(name) as loud, born from authors) s;

-- name: OfView :many
select sqlc.embed(shelf) from shelf;

-- name: SelfJoin :many
select sqlc.embed(a), sqlc.embed(b) from authors a join authors b on a.id <= b.id;

-- name: Qualified :many
select sqlc.embed(sb), sqlc.embed(books), count(*) over () as total from shop.books sb left join books on books.id = sb.id;

-- name: Narrowed :many
select sqlc.embed(a) from books b left join authors a on a.id = b.author_id where a.born is not null;

-- name: InsertAndEmbed :one
insert into authors (id, name) values (@id, @name) returning sqlc.embed(authors), 1 as one;

-- name: OfJoin :many
select sqlc.embed(j) from (authors full join books on books.author_id = authors.id and books.price > 1) as j(author, name, born, book, author_id, title, price);

-- name: OfGroup :many
select sqlc.embed(a), count(b.id) from books b left join authors a on a.id = b.author_id and a.born is null group by a.id;

-- name: OfGroupingSets :many
select sqlc.embed(a) from authors a group by grouping sets ((a.id, a.name), (a.name, a.born), (a.born));

-- name: Renamed :many
select sqlc.embed(b) as book, sqlc.embed(a) as "theWriter", sqlc.embed(e) as editor from books b join authors a on a.id = b.author_id left join authors e on e.id = b.author_id and e.born is null;

-- name: SeveralDeep :many
select sqlc.embed(t) as title, t.n from (
  select sqlc.embed(b) as book, sqlc.embed(p) as people, b.id as n
  from books b join lateral (select sqlc.embed(a) as writer, sqlc.embed(e) as editor from authors a left join authors e on e.id = a.id and e.born is null where a.id = b.author_id) p on true
) t;

-- name: DeepInCte :many
with t as (select sqlc.embed(b) as book, array(select n from notes n where n.book_id = b.id) as notes from books b) select sqlc.embed(t) from t;
