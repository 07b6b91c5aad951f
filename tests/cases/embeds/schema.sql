create table authors (id int primary key, name text not null, born date);
create table books (id int primary key, author_id int not null references authors, title text not null, price numeric);
create table notes (book_id int, body text);
create view shelf as select b.title, a.name from books b join authors a on a.id = b.author_id;
create schema shop;
create table shop.books (id int primary key, stock int not null);
