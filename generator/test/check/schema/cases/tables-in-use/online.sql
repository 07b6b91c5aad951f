-- tables-in-use
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = 0;
drop index concurrently public.by_code;

drop index concurrently public.by_spare;

set lock_timeout = '5s';
alter table public.customers add constraint "id__is_not_null" check (id is not null) not valid;

-- fails where a row has no value
alter table public.customers validate constraint "id__is_not_null";

begin;
alter table public.customers alter column id set not null;
alter table public.customers drop constraint "id__is_not_null";
commit;

alter table public.customers add constraint "email__is_not_null" check (email is not null) not valid;

-- fails where a row has no value
alter table public.customers validate constraint "email__is_not_null";

begin;
alter table public.customers alter column email set not null;
alter table public.customers drop constraint "email__is_not_null";
commit;

alter table public.customers add constraint "size__is_not_null" check (size is not null) not valid;

-- fails where a row has no value
alter table public.customers validate constraint "size__is_not_null";

begin;
alter table public.customers alter column size set not null;
alter table public.customers drop constraint "size__is_not_null";
commit;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently customers_pkey on public.customers (id);

set lock_timeout = '5s';
alter table public.customers add constraint customers_pkey primary key using index customers_pkey;

alter table public.orders add constraint "customer__is_not_null" check (customer is not null) not valid;

-- fails where a row has no value
alter table public.orders validate constraint "customer__is_not_null";

begin;
alter table public.orders alter column customer set not null;
alter table public.orders drop constraint "customer__is_not_null";
commit;

begin;
drop view public.notes;
alter table public.customers add constraint is_big CHECK ((size > 10)) not valid;
alter table public.events add constraint events_kind_check CHECK ((kind <> ''::text)) not valid;
CREATE INDEX by_kind ON public.events USING btree (kind);
create table public.fresh (
  id bigint not null,
  customer bigint,
  constraint fresh_pkey PRIMARY KEY (id),
  constraint fresh_customer_fkey FOREIGN KEY (customer) REFERENCES public.customers(id)
);
CREATE INDEX of_fresh ON public.fresh USING btree (customer);
alter table public.orders alter column note type character varying(20);
alter table public.orders add constraint orders_customer_fkey FOREIGN KEY (customer) REFERENCES public.customers(id) not valid;
alter table public.orders add constraint replaced CHECK (((note)::text <> ''::text)) not valid;
create view public.notes as
 SELECT note
   FROM public.orders;
commit;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "E-mail" on public.customers (email) INCLUDE (size) NULLS NOT DISTINCT;

set lock_timeout = '5s';
alter table public.customers add constraint "E-mail" unique using index "E-mail" DEFERRABLE INITIALLY DEFERRED;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "customers_Name (old)_key" on public.customers ("Name (old)");

set lock_timeout = '5s';
alter table public.customers add constraint "customers_Name (old)_key" unique using index "customers_Name (old)_key";

-- fails where a row does not fit it
alter table public.customers validate constraint is_big;

-- fails where a row does not fit it
alter table public.events validate constraint events_kind_check;

-- fails where a row has no partner
alter table public.orders validate constraint orders_customer_fkey;

-- fails where a row does not fit it
alter table public.orders validate constraint replaced;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "By Customer" ON public.orders USING btree (customer);

-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently by_code ON public.orders USING btree (lower(code)) WHERE (spare IS NULL);

-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently of_sizes ON public.sizes USING btree (size);
