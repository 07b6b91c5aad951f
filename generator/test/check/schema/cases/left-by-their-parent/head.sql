create table p (id int not null, k int not null) partition by range (k);
create table p_1 partition of p for values from (1) to (2);
create index p_id on p (id);
create table p_2 (id int not null, k int not null);
create table letters (id int);
create table keyed_1 (n text, k int);
