-- view-replaced

create or replace view public.one as
 SELECT id,
    upper(a) AS a
   FROM public.t
  WHERE (id > 0);
