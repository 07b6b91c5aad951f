-- comments

comment on column public.t.id is null;
comment on table public.t is 'with ''quotes'' and \ and
two lines';
comment on constraint t_pkey on public.t is 'pk';

comment on column public.v.a is 'a';
