-- domains

set lock_timeout = '5s';

alter domain public.email drop constraint email_check;

drop domain public.gone;

drop view public.v;

alter domain public.code rename to "code__replaced";
create domain public.code as character varying(20);
-- fails where a row holds a value that public.code no longer has
alter table public.t alter column c type public.code using c::text::public.code;
drop domain public."code__replaced";

-- fails where a row has no value
alter domain public.email set not null;
-- fails where a value that is stored does not fit it
alter domain public.email add constraint has_at CHECK ((VALUE ~ '@'::text));

create domain public.fresh as text collate pg_catalog."C"
  constraint fresh_check CHECK ((length(VALUE) > 1))
  constraint fresh_check1 CHECK ((VALUE <> 'no'::text));
comment on domain public.fresh is 'new';

alter domain public.percent set default 1;
-- fails where a value that is stored does not fit it
alter domain public.percent add constraint high CHECK ((VALUE <= 100));
comment on constraint high on domain public.percent is '100';

create view public.v as
 SELECT c
   FROM public.t;
