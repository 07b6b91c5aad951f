create table doc (id int primary key, state varchar(10), kind varchar(5));
