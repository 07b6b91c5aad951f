-- policies

set lock_timeout = '5s';

drop policy gone on public.t;
drop policy narrowed on public.t;
alter table public.t force row level security;
alter policy changed on public.t to public using ((tenant = current_setting('app.tenant'::text)));
create policy narrowed on public.t for all to public using (true);
create policy strict on public.t as restrictive for update to postgres using ((id > 0)) with check ((id > 1));

create table public.u (
  id integer
);
alter table public.u enable row level security;
create policy own on public.u for all to public using ((EXISTS ( SELECT
   FROM public.t
  WHERE (t.id = u.id))));
comment on policy own on public.u is 'own';
