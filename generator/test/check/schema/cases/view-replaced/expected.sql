-- view-replaced

set lock_timeout = '5s';

create or replace view public.one as
 SELECT id,
    upper(a) AS a
   FROM public.t
  WHERE (id > 0);
