-- circular-references

set lock_timeout = '5s';

-- fails where a row has no partner
alter table public.a add constraint a_b_id_fkey FOREIGN KEY (b_id) REFERENCES public.a(id);

create table public.x (
  id integer not null,
  y_id integer,
  constraint x_pkey PRIMARY KEY (id)
);

create table public.y (
  id integer not null,
  x_id integer,
  constraint y_pkey PRIMARY KEY (id),
  constraint y_x_id_fkey FOREIGN KEY (x_id) REFERENCES public.x(id)
);

alter table public.x add constraint x_y_id_fkey FOREIGN KEY (y_id) REFERENCES public.y(id) DEFERRABLE INITIALLY DEFERRED;
