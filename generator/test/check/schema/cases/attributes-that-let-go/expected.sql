-- attributes-that-let-go

set lock_timeout = '5s';

create type public.kind as enum ('a', 'b');

alter type public.pair alter attribute a type integer cascade;

drop domain public.short;

alter type public.pair alter attribute b type text cascade;
alter type public.pair alter attribute c type public.kind cascade;
alter type public.pair add attribute d public.kind cascade;
