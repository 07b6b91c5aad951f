create extension file_fdw;
create server files foreign data wrapper file_fdw;
create table parent (id int not null, s text not null);
create table checked (id int, s text, check (s is not null));
create foreign table alone (id int not null, s text not null) server files options (program 'echo ,', format 'csv');
create foreign table child (id int not null, s text not null) server files options (program 'echo ,', format 'csv');
alter foreign table child inherit parent;
create foreign table other_child (id int, s text, constraint checked_s_check check (s is not null)) server files options (program 'echo ,', format 'csv');
alter foreign table other_child inherit checked;
