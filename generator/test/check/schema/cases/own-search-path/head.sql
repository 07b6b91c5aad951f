create table words (id int primary key, word text not null);

-- Bodies that name things without their schema: releases before 17 accept what calls them.
create view short_words as select word from words where length(word) < 5;
create function short_words_now() returns setof short_words language sql stable as 'select * from short_words';
create materialized view word_list as select * from short_words_now();
create function lowered(word text) returns text language sql immutable as 'select lower(word)';
create function folded(word text) returns text language sql immutable as 'select lowered(word)';
create index words_folded on words (folded(word));
create unique index words_folded_once on words (id, folded(word));

create type state as enum ('open', 'done');
create domain amount as integer;
create function scaled(a amount) returns amount language sql immutable as 'select ($1 * 2)::amount';
create table items (id integer, n amount, s state default 'done');
create index items_scaled on items (scaled(n));

-- Dropped without a trace that PostgreSQL counts: a savepoint behind it would be one too many.
create domain rate as integer;
