-- children-keep-columns

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the column public.notes.body and what is stored in it
alter table only public.notes drop column body;

-- DESTRUCTIVE: deletes the column public.memos.body and what is stored in it
alter table only public.memos drop column body;

-- DESTRUCTIVE: deletes the column public.notes.extra and what is stored in it
alter table only public.notes drop column extra;

-- DESTRUCTIVE: deletes the column public.memos.extra and what is stored in it
alter table public.memos drop column extra;
