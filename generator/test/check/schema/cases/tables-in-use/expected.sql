-- tables-in-use

set lock_timeout = '5s';

drop index public.by_code;
drop index public.by_spare;

drop view public.notes;

-- fails where a row has no value
alter table public.customers alter column id set not null;
-- fails where a row has no value
alter table public.customers alter column email set not null;
-- fails where a row has no value
alter table public.customers alter column size set not null;
-- fails where two rows are equal
alter table public.customers add constraint "E-mail" UNIQUE NULLS NOT DISTINCT (email) INCLUDE (size) DEFERRABLE INITIALLY DEFERRED;
-- fails where two rows are equal
alter table public.customers add constraint "customers_Name (old)_key" UNIQUE ("Name (old)");
-- fails where two rows are equal
alter table public.customers add constraint customers_pkey PRIMARY KEY (id);
-- fails where a row does not fit it
alter table public.customers add constraint is_big CHECK ((size > 10));

-- fails where a row does not fit it
alter table public.events add constraint events_kind_check CHECK ((kind <> ''::text));
CREATE INDEX by_kind ON public.events USING btree (kind);

create table public.fresh (
  id bigint not null,
  customer bigint,
  constraint fresh_pkey PRIMARY KEY (id),
  constraint fresh_customer_fkey FOREIGN KEY (customer) REFERENCES public.customers(id)
);
CREATE INDEX of_fresh ON public.fresh USING btree (customer);

-- fails where a row has no value
alter table public.orders alter column customer set not null;
alter table public.orders alter column note type character varying(20);
-- fails where a row has no partner
alter table public.orders add constraint orders_customer_fkey FOREIGN KEY (customer) REFERENCES public.customers(id);
-- fails where a row does not fit it
alter table public.orders add constraint replaced CHECK (((note)::text <> ''::text));
CREATE INDEX "By Customer" ON public.orders USING btree (customer);
-- fails where two rows are equal
CREATE UNIQUE INDEX by_code ON public.orders USING btree (lower(code)) WHERE (spare IS NULL);

create view public.notes as
 SELECT note
   FROM public.orders;

-- fails where two rows are equal
CREATE UNIQUE INDEX of_sizes ON public.sizes USING btree (size);
