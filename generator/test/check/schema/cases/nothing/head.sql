create table t (a text default 'x', id serial primary key);
