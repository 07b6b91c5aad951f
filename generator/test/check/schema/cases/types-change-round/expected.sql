-- types-change-round

set lock_timeout = '5s';

alter type public.color rename to "color__replaced";
alter domain public.share rename to "share__replaced";
create type public.color as enum ('red', '1');
create domain public.share as bigint;
-- fails where a row holds a value that public.color no longer has
alter table public.one alter column b type public.color using b::text::public.color;
-- fails where a row holds a value that public.share no longer has
alter table public.one alter column a type public.share using a::text::public.share;
-- fails where a row holds a value that public.share no longer has
alter table public.two alter column b type public.share using b::text::public.share;
-- fails where a row holds a value that public.color no longer has
alter table public.two alter column a type public.color using a::text::public.color;
drop domain public."share__replaced";
drop type public."color__replaced";

alter type public.size rename to "size__replaced";
alter type public.weight rename to "weight__replaced";
alter type public.length rename to "length__replaced";
create type public.size as enum ('1', '2');
create type public.weight as enum ('1', '2');
create type public.length as enum ('1', '2');
-- fails where a row holds a value that public.weight no longer has
alter table public.three alter column a type public.weight using a::text::public.weight;
-- fails where a row holds a value that public.length no longer has
alter table public.three alter column b type public.length using b::text::public.length;
-- fails where a row holds a value that public.size no longer has
alter table public.three alter column c type public.size using c::text::public.size;
drop type public."length__replaced";
drop type public."weight__replaced";
drop type public."size__replaced";
