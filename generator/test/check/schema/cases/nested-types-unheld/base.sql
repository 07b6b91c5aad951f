create type status as enum ('new', 'paid', 'void');
create domain amount as integer;
create domain price as amount check (value > 0);
create type parcel as (s status, a amount, p price[]);
create table of_none (id integer);
create function weigh(p parcel) returns integer language sql as 'select (p).a';
