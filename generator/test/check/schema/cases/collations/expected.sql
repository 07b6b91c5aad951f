-- collations

set lock_timeout = '5s';

alter collation public.renamed rename to other_name;

drop collation public.gone;

drop collation public.unheld;

drop index public.people_city;
drop index public.people_name;

drop view public.named;

create collation public."Loose" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

alter collation public.sorted rename to "sorted__replaced";
create collation public.sorted (provider = icu, locale = 'en-u-kn');
alter table public.people alter column name type text collate public.sorted;
drop collation public."sorted__replaced";
comment on collation public.sorted is 'numbers by their value';

create collation public.unheld (provider = icu, locale = 'da');

alter table public.people alter column city type text collate public."Loose";
CREATE INDEX people_city ON public.people USING btree (city COLLATE public.sorted);
CREATE INDEX people_name ON public.people USING btree (name);

create view public.named as
 SELECT id,
    name
   FROM public.people
  ORDER BY name;
