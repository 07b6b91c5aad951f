create type status as enum ('new', 'paid');
create domain amount as bigint;
create domain price as amount check (value > 0);
create type parcel as (s status, a amount, p price[]);
create table of_none (id integer);
create function weigh(p parcel) returns bigint language sql as 'select (p).a';
