create type level as enum ('low', 'high');
create table task (id int, rating level not null);
create view rated as select id, case rating when 'low' then 1 else 2 end as points from task;
create view middle as select id, points from rated;
create view outermost as select id, points from middle;
