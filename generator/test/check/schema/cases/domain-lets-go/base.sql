create type size as enum ('s', 'l', 'm');
create function is_size(text) returns boolean language sql immutable as 'select true';
create domain sizes as size[] constraint known check (is_size(value::text));
create domain kept as text constraint known check (is_size(value));
create table shirts (sizes sizes, kept kept);
