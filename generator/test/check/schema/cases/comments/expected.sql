-- comments

comment on column public.t.id is null;
comment on table public.t is 'with ''quotes'' and \ and
two lines';
comment on index public.t_pkey is 'pk';

comment on column public.v.a is 'a';
