-- constraints

set lock_timeout = '5s';

alter table public.t rename constraint same_definition to other_name;

alter table public.t drop constraint t_n_check;
alter table public.t drop constraint t_p_id_fkey;
alter table public.t drop constraint t_pk;

alter table public.u drop constraint u_code_fkey;

alter table public.p drop constraint p_code_key;
-- fails where two rows are equal
alter table public.p add constraint p_code UNIQUE (code) INCLUDE (id);

-- fails where a row has no value
alter table public.t alter column code set not null;
-- fails where a row does not fit it
alter table public.t validate constraint later;
-- fails where a row does not fit it
alter table public.t add constraint t_n_check CHECK ((n >= 0));
-- fails where a row has no partner
alter table public.t add constraint t_p_id_fkey FOREIGN KEY (p_id) REFERENCES public.p(id) ON DELETE SET NULL;
-- fails where two rows are equal
alter table public.t add constraint t_pk PRIMARY KEY (id, code);
-- fails where two rows exclude each other
alter table public.t add constraint t_r_excl EXCLUDE USING gist (r WITH &&);
comment on constraint later on public.t is 'why';

alter table public.u add constraint u_code_fkey FOREIGN KEY (code) REFERENCES public.p(code);
