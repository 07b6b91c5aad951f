create table m (a int, id int, primary key (a, id)) partition by list (a);
create table m_1 partition of m for values in (1);
create table m_2 partition of m for values in (2, 3) partition by list (a);
create table m_2_a partition of m_2 for values in (2);
create table r (a int, id int, foreign key (a, id) references m);

create table once (a int, id int, primary key (a, id));
create table of_once (a int, id int, foreign key (a, id) references once);

create table left_by (a int, id int, primary key (a, id));
create table left_by_1 (a int, id int, primary key (a, id));
create table of_left_by (a int, id int, foreign key (a, id) references left_by);
