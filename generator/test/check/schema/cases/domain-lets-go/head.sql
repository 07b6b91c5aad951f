create type size as enum ('s', 'm', 'l');
create domain sizes as text[] constraint known check (cardinality(value) < 4);
create domain kept as varchar(9);
create table shirts (sizes sizes, kept kept);
