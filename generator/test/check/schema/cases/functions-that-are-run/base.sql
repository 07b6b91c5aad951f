create domain small as int;
create table t (id int);
