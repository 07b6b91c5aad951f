-- constraints

set lock_timeout = '5s';

alter table public.t rename constraint same_definition to other_name;

alter table public.t drop constraint t_n_check;
alter table public.t drop constraint t_p_id_fkey;
alter table public.t drop constraint t_pk;

alter table public.u drop constraint u_code_fkey;

alter table public.p drop constraint p_code_key;
alter table public.p add constraint p_code UNIQUE (code) INCLUDE (id);

-- fails where a row has no value
alter table public.t alter column code set not null;
alter table public.t validate constraint later;
alter table public.t add constraint t_n_check CHECK ((n >= 0));
alter table public.t add constraint t_p_id_fkey FOREIGN KEY (p_id) REFERENCES public.p(id) ON DELETE SET NULL;
alter table public.t add constraint t_pk PRIMARY KEY (id, code);
alter table public.t add constraint t_r_excl EXCLUDE USING gist (r WITH &&);
comment on constraint later on public.t is 'why';

alter table public.u add constraint u_code_fkey FOREIGN KEY (code) REFERENCES public.p(code);
