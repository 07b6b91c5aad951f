create table a (id int primary key, b_id int);
