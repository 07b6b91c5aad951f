-- publications

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the column public.orders.secret and what is stored in it
alter table public.orders drop column secret;

alter publication changes drop table public.items;
alter publication changes drop table public.orders;

drop publication everything;

alter publication family drop table public.letters;

drop publication gone;

alter publication retyped drop table public.items;

alter publication schemas drop tables in schema billing;

-- fails where kind of a row does not fit character varying(20)
alter table public.items alter column kind type character varying(20);

create publication "New one" for all tables with (publish = 'truncate');
comment on publication "New one" is 'it''s new';

alter publication changes set (publish = 'insert, delete', publish_via_partition_root = true);
alter publication changes add table only public.events;
alter publication changes add table public.items where ((id > 1));
alter publication changes add table public.orders (id, total);

create publication everything;
alter publication everything add table public.invoices;

alter publication retyped add table public.items where (((kind)::text = 'a'::text));

comment on publication same is 'as it is';

alter publication schemas add tables in schema public;
alter publication schemas add table billing.payments;

create publication whole_family;
alter publication whole_family add table public.letters;
alter publication whole_family add table only public.notes;
