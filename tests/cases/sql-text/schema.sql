create table t (id int primary key, pattern text not null);
