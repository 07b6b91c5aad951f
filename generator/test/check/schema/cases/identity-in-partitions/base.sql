create table p (id int generated always as identity, k int not null) partition by range (k);
create table p_1 partition of p for values from (0) to (10);
create table p_2 partition of p for values from (10) to (20);
create table alone (id int not null, k int not null);
