create type level as enum ('one', 'two');
create table task (id int, rating_level level);
create view rated as select id, case rating_level when 'one' then 1 else 2 end as points, 5 as more from task;
create view outermost as select id, points from rated;
