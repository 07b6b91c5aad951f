create table words (id int primary key, word text not null);

-- An index that is built anew as the table is rewritten, once the label that the table uses was committed.
create type state as enum ('open');
create domain amount as integer;
create function scaled(a amount) returns amount language sql immutable as 'select ($1 * 2)::amount';
create table items (id integer, n amount, s text default 'done');
create index items_scaled on items (scaled(n));

-- Dropped without a trace that PostgreSQL counts: a savepoint behind it would be one too many.
create domain rate as integer constraint rate_check check (value > 0);
