-- storage-settings

set lock_timeout = '5s';

alter table public.t set (fillfactor = '60', toast.autovacuum_enabled = 'false');
alter table public.t reset (autovacuum_enabled);
alter table public.t alter column a set storage default;
alter table public.t alter column b set storage main;
alter table public.t alter column b set compression pglz;
alter table public.t alter column c set statistics -1;
alter table public.t alter column c set (n_distinct = '7');

create table public.u (
  a text compression pglz,
  b integer
);
alter table public.u alter column a set storage plain;
alter table public.u alter column b set statistics 50;
