create table a (id int primary key, "Weird Name" text, "user" text not null);
create table b (id int not null, a_id int, z text);
create type pt as (x int, y int);
create table c (p pt not null, id int not null);
create function pairs() returns table (k int, v text) language sql as $$ values (1, 'a') $$;
