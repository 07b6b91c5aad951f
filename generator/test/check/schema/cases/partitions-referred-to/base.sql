create table m (a int, id int, primary key (a, id)) partition by list (a);
create table m_1 partition of m for values in (1);
create table m_2 partition of m for values in (2, 3) partition by list (a);
create table m_2_a partition of m_2 for values in (2);
create table m_2_b partition of m_2 for values in (3);
create table m_4 partition of m for values in (4);
create table r (a int, id int, foreign key (a, id) references m);

-- All of it goes, and refers to itself.
create table gone (a int, id int, of_a int, of_id int, primary key (a, id), foreign key (of_a, of_id) references gone) partition by list (a);
create table gone_1 partition of gone for values in (1);

-- It is no longer partitioned.
create table once (a int, id int, primary key (a, id)) partition by list (a);
create table once_1 partition of once for values in (1);
create table of_once (a int, id int, foreign key (a, id) references once);

-- It is no longer partitioned, and what was a partition stays.
create table left_by (a int, id int, primary key (a, id)) partition by list (a);
create table left_by_1 partition of left_by for values in (1);
create table of_left_by (a int, id int, foreign key (a, id) references left_by);
