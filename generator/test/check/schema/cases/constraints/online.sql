-- constraints
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
alter table public.t rename constraint same_definition to other_name;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently p_code on public.p (code) INCLUDE (id);

set lock_timeout = '5s';
alter table public.p add constraint p_code unique using index p_code;

alter table public.t add constraint "code__is_not_null" check (code is not null) not valid;

-- fails where a row has no value
alter table public.t validate constraint "code__is_not_null";

begin;
alter table public.t alter column code set not null;
alter table public.t drop constraint "code__is_not_null";
commit;

-- fails where two rows exclude each other
alter table public.t add constraint t_r_excl EXCLUDE USING gist (r WITH &&);

begin;
alter table public.t drop constraint t_n_check;
alter table public.t drop constraint t_p_id_fkey;
alter table public.t drop constraint t_pk;
alter table public.u drop constraint u_code_fkey;
alter table public.p drop constraint p_code_key;
-- fails where a row does not fit it
alter table public.t validate constraint later;
alter table public.t add constraint t_n_check CHECK ((n >= 0)) not valid;
alter table public.t add constraint t_p_id_fkey FOREIGN KEY (p_id) REFERENCES public.p(id) ON DELETE SET NULL not valid;
comment on constraint later on public.t is 'why';
alter table public.u add constraint u_code_fkey FOREIGN KEY (code) REFERENCES public.p(code) not valid;
commit;

-- fails where a row does not fit it
alter table public.t validate constraint t_n_check;

-- fails where a row has no partner
alter table public.t validate constraint t_p_id_fkey;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently t_pk on public.t (id, code);

set lock_timeout = '5s';
alter table public.t add constraint t_pk primary key using index t_pk;

-- fails where a row has no partner
alter table public.u validate constraint u_code_fkey;
