-- remade-under-views

set lock_timeout = '5s';

drop view public.outermost;

drop view public.middle;

drop view public.rated;

-- DESTRUCTIVE: deletes the column public.task.rating and what is stored in it
-- was public.task.rating renamed to public.task.rating_level? Then write `-- solitude-gen: renamed public.task.rating to public.task.rating_level` in a schema file
alter table public.task drop column rating;

drop type public.level;
create type public.level as enum ('one', 'two');

alter table public.task add column rating_level public.level;

create view public.rated as
 SELECT id,
        CASE rating_level
            WHEN 'one'::public.level THEN 1
            ELSE 2
        END AS points,
    5 AS more
   FROM public.task;

create view public.outermost as
 SELECT id,
    points
   FROM public.rated;
